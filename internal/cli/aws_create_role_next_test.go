package cli

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

const (
	visionARN   = "arn:aws:iam::123456789012:role/profiles/vision"
	visionEntry = "  - kind: AwsIamForServiceAccount\n    spec:\n      awsIamRole: " + visionARN + "\n"
)

func TestAWSCreateRoleSaysHowTheProfileGetsIt(t *testing.T) {
	vision := func(spec string) []*profilev1.Profile {
		return []*profilev1.Profile{withRole(makeProfile("vision", "vera"), spec)}
	}
	const edit = "Next: kubectl edit profile vision, and see that spec.plugins has:\n" + visionEntry
	const trainer = "      serviceAccounts: [trainer]\n"
	for name, test := range map[string]struct {
		profiles []*profilev1.Profile
		flags    string
		want     string
	}{
		"it has it":                      {vision(`{"awsIamRole": "` + visionARN + `"}`), "", ""},
		"another":                        {vision(`{"awsIamRole": "arn:aws:iam::123456789012:role/x"}`), "", edit},
		"not decodable":                  {vision(`{"role": "x"}`), "", edit},
		"for another audience":           {vision(`{"awsIamRole": "` + visionARN + `", "audience": "other"}`), "", edit},
		"for the audience":               {vision(`{"awsIamRole": "` + visionARN + `", "audience": "sts.amazonaws.com"}`), "", ""},
		"for another account":            {vision(`{"awsIamRole": "` + visionARN + `"}`), " --service-account trainer", edit + trainer},
		"for this account among others":  {vision(`{"awsIamRole": "` + visionARN + `", "serviceAccounts": ["default-editor", "trainer"]}`), " --service-account trainer", ""},
		"no Profile":                     {nil, "", "Next: kubectl profile create vision --owner OWNER --aws-role " + visionARN + "\n"},
		"no Profile, and an account":     {nil, " --service-account trainer", "Next: kubectl profile create vision --owner OWNER, then kubectl edit profile vision, and add to spec.plugins:\n" + visionEntry + trainer},
		"no Profile, and the default":    {nil, " --service-account default-editor", "Next: kubectl profile create vision --owner OWNER --aws-role " + visionARN + "\n"},
		"no Profile, and more than that": {nil, " --service-account default-editor,b", "Next: kubectl profile create vision --owner OWNER, then kubectl edit profile vision, and add to spec.plugins:\n" + visionEntry + "      serviceAccounts: [default-editor, b]\n"},
	} {
		term := openWithProvider(t, test.profiles...)
		if code := term.run(createRole + test.flags); code != 0 {
			t.Errorf("%s: exit code %d", name, code)
		}
		if diff := cmp.Diff(test.want, term.err.String()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestAWSCreateRoleIsDoneWithoutACluster has a cluster that does not answer what comes next.
func TestAWSCreateRoleIsDoneWithoutACluster(t *testing.T) {
	profiles := schema.GroupResource{Group: "kubeflow.org", Resource: "profiles"}
	for _, refusal := range []error{
		apierrors.NewForbidden(profiles, "vision", errors.New("no")),
		&meta.NoKindMatchError{GroupKind: schema.GroupKind{Kind: "Profile"}},
	} {
		term := openWithProvider(t)
		term.cluster = interceptor.NewClient(term.cluster, interceptor.Funcs{
			Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
				return refusal
			},
		})
		term.prints(createRole, `
role/profiles/vision created, for system:serviceaccount:vision:default-editor alone, with no rights yet; there was none
`)
		want := "note: could not look whether profile vision names the role already: " + refusal.Error() + "\nNext, unless it does: kubectl edit profile vision, and add to spec.plugins:\n" + visionEntry
		if diff := cmp.Diff(want, term.err.String()); diff != "" {
			t.Error(diff)
		}
	}
	term := openWithProvider(t)
	term.Connect = func() (client.WithWatch, error) { return nil, errors.New("no cluster") }
	if code := term.run(createRole); code != 0 {
		t.Errorf("without a cluster: exit code %d", code)
	}
}
