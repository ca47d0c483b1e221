package cli

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
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

func TestCreatePrintsTheProfile(t *testing.T) {
	term := open(t)
	term.prints("create ann --owner ann@example.com -o wide", `
NAME   OWNER             READY     REASON        AGE         CONTRIBUTORS   PLUGINS   MESSAGE
ann    ann@example.com   Unknown   NotReported   <unknown>   0              <none>    No controller has reported on this Profile yet. kubectl profile doctor tells whether one runs.
`)
	term.prints("create ben --owner ben@example.com -o name", "profile.kubeflow.org/ben\n")
	term.prints("create carla --owner carla@example.com --dry-run=client --template={{.metadata.name}}", "carla")
	term.Terminal, term.Progress = true, true
	term.becomesReady("zoe")
	term.prints("create zoe --owner zoe@example.com --wait -o jsonpath={.status.conditions[*].type}", "NamespaceReady Ready")
}

const inquiry = "create ann --owner ann@example.com --quota cpu=4 --contributor edit=ben@example.com --contributor view=Group:auditors --aws-role arn:aws:iam::123456789012:role/ann"

// refusesTwinsInADryRun makes the API server of these tests notice as a real one does what is there already.
func (term *terminal) refusesTwinsInADryRun() {
	stored := term.cluster
	term.cluster = interceptor.NewClient(stored, interceptor.Funcs{
		Create: func(ctx context.Context, _ client.WithWatch, o client.Object, options ...client.CreateOption) error {
			if err := stored.Get(ctx, client.ObjectKeyFromObject(o), &profilev1.Profile{}); err == nil {
				return apierrors.NewAlreadyExists(schema.GroupResource{Group: "kubeflow.org", Resource: "profiles"}, o.GetName())
			}
			return stored.Create(ctx, o, options...)
		},
	})
}

func TestCreateAgain(t *testing.T) {
	term := open(t)
	term.refusesTwinsInADryRun()
	term.prints(inquiry, "profile/ann created\n")
	term.prints("share ann --user carla@example.com --role view", "profile/ann shared (User carla@example.com: view)\n")
	// Quantities and the owner are the same in other words.
	again := strings.Replace(inquiry, "cpu=4", "cpu=4000m", 1)
	term.prints(again, "profile/ann unchanged\n")
	term.prints(again+" --dry-run=server", "profile/ann unchanged (server dry run)\n")
	term.prints("create ann --owner User:ann@example.com", "profile/ann unchanged\n")
	term.becomesReady("ann")
	term.prints(again+" --wait", "profile/ann unchanged\nprofile/ann is ready\n")
}

func TestCreateOfAnotherThanThereIs(t *testing.T) {
	there := makeProfile("ann", "ben@example.com\x1b").contributor("User", "ben@example.com", "view").obj()
	there.Spec.ResourceQuotaSpec.Hard = corev1.ResourceList{"cpu": resource.MustParse("2")}
	there.Spec.Plugins = []profilev1.Plugin{{Kind: "AwsIamForServiceAccount", Spec: &runtime.RawExtension{Raw: []byte(`{"awsIamRole":"arn:aws:iam::123456789012:role/ann","AnnotateOnly":true}`)}}}
	term := open(t, there)
	term.refusesTwinsInADryRun()
	for _, line := range []string{inquiry, inquiry + " --dry-run=server", inquiry + " --wait"} {
		if code := term.run(line + " --quota memory=8Gi"); code != 1 {
			t.Errorf("%s: exit code %d", line, code)
		}
		want := `error: profile ann is there already, and is not what you ask for:
  - it belongs to ben@example.com\x1b. To hand it over: kubectl profile transfer ann --owner ann@example.com
  - ben@example.com is not a contributor as edit. To share it: kubectl profile share ann --user ben@example.com --role edit
  - Group:auditors is not a contributor as view. To share it: kubectl profile share ann --group auditors --role view
  - its quota for cpu is 2, not 4. To change it: kubectl edit profile ann
  - it has no quota for memory, where 8Gi is asked for. To change it: kubectl edit profile ann
  - no entry of spec.plugins has the role arn:aws:iam::123456789012:role/ann with annotateOnly false. To change it: kubectl edit profile ann
`
		if diff := cmp.Diff(want, term.err.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", line, diff)
		}
	}
}

func TestCreateBindsTheSameRole(t *testing.T) {
	for spec, want := range map[string]string{
		`{"awsIamRole":"arn:aws:iam::123456789012:role/ann"}`:                                            "unchanged",
		`{"AwsIamRole":"arn:aws:iam::123456789012:role/ann","serviceAccounts":["default-editor","bot"]}`: "unchanged",
		`{"awsIamRole":"arn:aws:iam::123456789012:role/ann","serviceAccounts":["bot"]}`:                  "",
		`{"awsIamRole":"arn:aws:iam::123456789012:role/ben"}`:                                            "",
		`{"awsIamRole":7}`: "",
	} {
		there := makeProfile("ann", "ann@example.com").obj()
		there.Spec.Plugins = []profilev1.Plugin{{Kind: "Other"}, {Kind: "AwsIamForServiceAccount", Spec: &runtime.RawExtension{Raw: []byte(spec)}}}
		term := open(t, there)
		term.run("create ann --owner ann@example.com --aws-role arn:aws:iam::123456789012:role/ann")
		if got := strings.TrimSpace(strings.TrimPrefix(term.out.String(), "profile/ann ")); got != want {
			t.Errorf("%s: %q, want %q: %s", spec, got, want, term.err.String())
		}
	}
}

func TestCreateOfWhatIsBeingDeleted(t *testing.T) {
	there := makeProfile("ann", "ann@example.com").obj()
	there.DeletionTimestamp, there.Finalizers = &metav1.Time{Time: noon}, []string{profilev1.ProfileFinalizer}
	open(t, there).fails("create ann --owner ann@example.com", 1, "profile ann is being deleted. To wait until it is gone: kubectl profile delete ann --yes --wait\n")
}

func TestCreateAndWait(t *testing.T) {
	for terminal, want := range map[struct{ colour, progress bool }]string{
		{false, false}: "profile/ann created\nprofile/ann is ready\n",
		{false, true}: "profile/ann created\n  ✓ NamespaceReady: The namespace is in place.\n" +
			"  ✓ Ready: Everything that the Profile asks for is in place.\nprofile/ann is ready\n",
		{true, true}: "profile/ann created\n  \x1b[32m✓\x1b[0m NamespaceReady: The namespace is in place.\n" +
			"  \x1b[32m✓\x1b[0m Ready: Everything that the Profile asks for is in place.\nprofile/ann is ready\n",
	} {
		term := open(t)
		term.Terminal, term.Progress = terminal.colour, terminal.progress
		term.becomesReady("ann")
		term.run("create ann --owner ann@example.com --wait --timeout 10s")
		if diff := cmp.Diff(want, term.out.String()); diff != "" {
			t.Errorf("on a terminal %+v it prints (-want +got):\n%s%s", terminal, diff, term.err.String())
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
		"profile ann is not ready after 30ms (NotReported): No controller has reported on this Profile yet. kubectl profile doctor tells whether one runs.\nSee: kubectl profile describe ann")
}

func report(ctx context.Context, cluster client.Client, p *profilev1.Profile, of profilev1.ConditionType, status metav1.ConditionStatus, message string) {
	p.Status.Conditions = append(p.Status.Conditions, profilev1.ProfileCondition{Type: of, Status: status, Message: message, ObservedGeneration: p.Generation})
	if err := cluster.Status().Update(ctx, p); err != nil {
		panic(err)
	}
}
