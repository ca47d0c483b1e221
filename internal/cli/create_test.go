package cli

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

func TestCreate(t *testing.T) {
	term := open(t)
	term.prints("create ann --owner ann@example.com --quota cpu=4,memory=8Gi --contributor edit=ben@example.com --contributor view=Group:auditors", "profile/ann created\n")
	var got profilev1.Profile
	if err := term.cluster.Get(t.Context(), client.ObjectKey{Name: "ann"}, &got); err != nil {
		t.Fatal(err)
	}
	want := []profilev1.Contributor{{Kind: "User", Name: "ben@example.com", Role: "edit"}, {Kind: "Group", Name: "auditors", Role: "view"}}
	if diff := cmp.Diff(want, got.Spec.Contributors); diff != "" || got.Spec.ResourceQuotaSpec.Hard.Cpu().String() != "4" {
		t.Errorf("quota %v, contributors (-want +got):\n%s", got.Spec.ResourceQuotaSpec.Hard, diff)
	}
	term.fails("create ann --owner ann@example.com", 1, `"ann" already exists`)
}

func TestCreateAsAManifestForGit(t *testing.T) {
	term := open(t)
	term.prints("create vision --owner Group:vision --aws-role arn:aws:iam::123456789012:role/vision --annotate-only --dry-run=client -o yaml", `
apiVersion: kubeflow.org/v1
kind: Profile
metadata:
  name: vision
spec:
  owner:
    apiGroup: rbac.authorization.k8s.io
    kind: Group
    name: vision
  plugins:
  - kind: AwsIamForServiceAccount
    spec:
      annotateOnly: true
      awsIamRole: arn:aws:iam::123456789012:role/vision
  resourceQuotaSpec: {}
status: {}
`)
	term.prints("create ann --owner ServiceAccount:ci/deployer --dry-run=server", "profile/ann created (server dry run)\n")
	term.prints("list", "")
}

func TestCreateWithAWrongCommandLine(t *testing.T) {
	for line, says := range map[string]string{
		"create --owner ann": "give the name of one Profile, as in: kubectl profile create NAME",
		"create a b":         "give the name of one Profile",
		"create ann":         "--owner is required",
		"create ann --owner ServiceAccount:deployer":                 "write ServiceAccount:NAMESPACE/NAME",
		"create ann --owner a --quota cpu":                           "--quota cpu: write RESOURCE=QUANTITY",
		"create ann --owner a --quota cpu=many":                      `"many" is not a quantity`,
		"create ann --owner a --quota cpu=1,cpu=2":                   "cpu is limited twice",
		"create ann --owner a --contributor ben":                     "write ROLE=USER",
		"create ann --owner a --contributor root=ben":                "with the role admin, edit or view",
		"create ann --owner a --contributor edit=":                   `--contributor "edit=": the name of a contributor must not be empty; write ROLE=USER`,
		"create ann --owner a --annotate-only":                       "give it with --aws-role",
		"create A_b --owner a":                                       `"A_b" cannot be the name of a namespace: at most 63`,
		"create kube-ann --owner a":                                  "kube-ann is reserved for the system; choose another",
		"create ann --owner Group:":                                  `--owner "Group:": spec.owner.name must not be empty; write USER or Group:NAME`,
		"create ann --owner a*":                                      "must not contain '*'",
		"create ann --owner ServiceAccount:ci/Bot":                   "must be the name of a service account; write ServiceAccount:NAMESPACE/NAME",
		"create ann --owner a --quota cpu=-4":                        "--quota cpu=-4: a limit cannot be less than 0",
		"create ann --owner a --aws-role role/ann":                   `--aws-role: "role/ann" is not the ARN of an IAM role; it looks like arn:aws:iam::123456789012:role/name`,
		"create ann --owner a --contributor view=Group:":             "the name of a contributor must not be empty",
		"create ann --owner a -o foo":                                "unable to match a printer",
		"create ann --owner a --dry-run=maybe":                       "must be none, client or server",
		"create ann --owner a --no-such-flag":                        "unknown flag: --no-such-flag; see ",
		"create ann --owner a --contributor edit=ServiceAccount:a/b": "a contributor is a user or a group",
	} {
		term := open(t)
		term.Connect = func() (client.WithWatch, error) {
			t.Errorf("%s: the cluster is asked", line)
			return term.cluster, nil
		}
		term.fails(line, 2, says)
	}
}

func TestCreateAndWait(t *testing.T) {
	for terminal, want := range map[bool]string{
		false: "profile/ann created\nprofile/ann is ready\n",
		true: "profile/ann created\n  \x1b[32m✓\x1b[0m NamespaceReady: The namespace is in place.\n" +
			"  \x1b[32m✓\x1b[0m Ready: Everything that the Profile asks for is in place.\nprofile/ann is ready\n",
	} {
		term := open(t)
		term.Terminal = terminal
		term.becomesReady("ann")
		term.run("create ann --owner ann@example.com --wait --timeout 10s")
		if diff := cmp.Diff(want, term.out.String()); diff != "" {
			t.Errorf("on a terminal %t it prints (-want +got):\n%s%s", terminal, diff, term.err.String())
		}
	}
}

// becomesReady is a controller that reports on a Profile as soon as somebody follows it. The
// API server of these tests shows who follows only what comes later, a real one also what is there.
func (term *terminal) becomesReady(name string) {
	stored := term.cluster
	term.cluster = interceptor.NewClient(stored, interceptor.Funcs{
		Watch: func(ctx context.Context, _ client.WithWatch, list client.ObjectList, options ...client.ListOption) (watch.Interface, error) {
			following, err := stored.Watch(ctx, list, options...)
			go func() {
				p := &profilev1.Profile{}
				if err := stored.Get(ctx, client.ObjectKey{Name: name}, p); err != nil {
					panic(err)
				}
				report(ctx, stored, p, profilev1.ConditionNamespaceReady, metav1.ConditionTrue, "The namespace is in place.")
				report(ctx, stored, p, profilev1.ConditionReady, metav1.ConditionTrue, "Everything that the Profile asks for is in place.")
			}()
			return following, err
		},
	})
}

func TestWaitingThatComesToNothing(t *testing.T) {
	open(t).fails("create ann --owner ann@example.com --wait --timeout 30ms", 1,
		"profile ann is not ready: not so within 30ms: No controller has reported on this Profile yet. kubectl profile doctor tells whether one runs.\nSee: kubectl profile describe ann")
}

func report(ctx context.Context, cluster client.Client, p *profilev1.Profile, of profilev1.ConditionType, status metav1.ConditionStatus, message string) {
	p.Status.Conditions = append(p.Status.Conditions, profilev1.ProfileCondition{Type: of, Status: status, Message: message, ObservedGeneration: p.Generation})
	if err := cluster.Status().Update(ctx, p); err != nil {
		panic(err)
	}
}
