package cli

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// profileWishes are the flags of create that say what the Profile shall be.
type profileWishes struct {
	owner        string
	quota        []string
	awsRole      string
	annotateOnly bool
	contributors []string
}

func (w *profileWishes) add(flags *pflag.FlagSet) {
	flags.StringVar(&w.owner, "owner", "", "Who administers the room: a user's name, Group:NAME or ServiceAccount:NAMESPACE/NAME. Required.")
	flags.StringSliceVar(&w.quota, "quota", nil, "Limits of the room, as RESOURCE=QUANTITY, such as cpu=4,memory=8Gi,requests.nvidia.com/gpu=1.")
	flags.StringVar(&w.awsRole, "aws-role", "", "ARN of the AWS role that the room's pods shall have.")
	flags.BoolVar(&w.annotateOnly, "annotate-only", false, "Leave the trust policy of --aws-role alone; somebody else writes it.")
	flags.StringSliceVar(&w.contributors, "contributor", nil, "Who else may work there, as ROLE=USER or ROLE=Group:NAME, with the role admin, edit or view. May be given several times.")
}

// profile makes the Profile. What only the API server knows to be wrong, it says.
func (w *profileWishes) profile(name string) (*profilev1.Profile, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	owner, err := parseOwner(w.owner)
	if err != nil {
		return nil, err
	}
	p := &profilev1.Profile{
		TypeMeta:   metav1.TypeMeta{APIVersion: profilev1.GroupVersion.String(), Kind: "Profile"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       profilev1.ProfileSpec{Owner: owner},
	}
	if p.Spec.ResourceQuotaSpec.Hard, err = parseQuota(w.quota); err != nil {
		return nil, err
	}
	for _, text := range w.contributors {
		c, err := parseContributor(text)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(p.Spec.Contributors, func(other profilev1.Contributor) bool { return other.Kind == c.Kind && other.Name == c.Name }) {
			return nil, misused("--contributor %s: %s is named twice; the highest role is enough", text, subjectText(c.Kind, c.Name))
		}
		p.Spec.Contributors = append(p.Spec.Contributors, c)
	}
	p.Spec.Plugins, err = w.plugins()
	return p, err
}

func (w *profileWishes) plugins() ([]profilev1.Plugin, error) {
	if w.awsRole == "" {
		if w.annotateOnly {
			return nil, misused("--annotate-only says what to do with a role; give it with --aws-role ARN")
		}
		return nil, nil
	}
	if err := awsirsa.CheckRoleARN("--aws-role", w.awsRole); err != nil {
		return nil, misused("%w", err)
	}
	raw, err := json.Marshal(struct {
		AwsIamRole   string `json:"awsIamRole"`
		AnnotateOnly bool   `json:"annotateOnly,omitempty"`
	}{w.awsRole, w.annotateOnly})
	if err != nil {
		return nil, err
	}
	return []profilev1.Plugin{{Kind: awsirsa.Kind, Spec: &runtime.RawExtension{Raw: raw}}}, nil
}

// checkName refuses names that no Profile can have in any installation.
func checkName(name string) error {
	switch {
	case len(validation.IsDNS1123Label(name)) > 0:
		return misused("%q cannot be the name of a namespace: at most 63 characters, lower-case letters, digits and '-', and a letter or digit at both ends", name)
	case tenancy.ReservedNames{}.Contains(name):
		return misused("the name %s is reserved for the system; choose another", name)
	default:
		return nil
	}
}

// parseOwner reads --owner.
func parseOwner(text string) (rbacv1.Subject, error) {
	if text == "" {
		return rbacv1.Subject{}, misused("--owner is required: a user's name, Group:NAME or ServiceAccount:NAMESPACE/NAME")
	}
	owner := parseSubject(text)
	if err := tenancy.CheckOwner(owner); err != nil {
		form := "USER or Group:NAME"
		if owner.Kind == rbacv1.ServiceAccountKind {
			form = "ServiceAccount:NAMESPACE/NAME"
		}
		return rbacv1.Subject{}, misused("--owner %q: %w; write %s", text, err, form)
	}
	return owner, nil
}

// parseSubject reads a user's name, Group:NAME or ServiceAccount:NAMESPACE/NAME.
func parseSubject(text string) rbacv1.Subject {
	kind, name, qualified := strings.Cut(text, ":")
	switch {
	case qualified && (kind == rbacv1.UserKind || kind == rbacv1.GroupKind):
		return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: kind, Name: name}
	case qualified && kind == rbacv1.ServiceAccountKind:
		namespace, name, _ := strings.Cut(name, "/")
		return rbacv1.Subject{Kind: kind, Namespace: namespace, Name: name}
	default:
		return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: text}
	}
}

// parseContributor reads ROLE=USER or ROLE=Group:NAME.
func parseContributor(text string) (profilev1.Contributor, error) {
	role, who, both := strings.Cut(text, "=")
	if !both {
		return profilev1.Contributor{}, misused("--contributor %s: write ROLE=USER or ROLE=Group:NAME, with the role admin, edit or view", text)
	}
	subject := parseSubject(who)
	if subject.Kind == rbacv1.ServiceAccountKind {
		return profilev1.Contributor{}, misused("--contributor %s: a contributor is a user or a group", text)
	}
	if err := (contributor.Contributor{Kind: subject.Kind, Name: subject.Name, Role: tenancy.Role(role)}).Check(); err != nil {
		return profilev1.Contributor{}, misused("--contributor %q: %w; write ROLE=USER or ROLE=Group:NAME, with the role admin, edit or view", text, err)
	}
	return profilev1.Contributor{Kind: subject.Kind, Name: subject.Name, Role: role}, nil
}

func parseQuota(pairs []string) (corev1.ResourceList, error) {
	var hard corev1.ResourceList
	for _, pair := range pairs {
		name, amount, both := strings.Cut(pair, "=")
		if !both || name == "" {
			return nil, misused("--quota %s: write RESOURCE=QUANTITY, such as cpu=4", pair)
		}
		quantity, err := resource.ParseQuantity(amount)
		if err != nil {
			return nil, misused("--quota %s: %q is not a quantity such as 4, 500m or 8Gi", pair, amount)
		}
		if quantity.Sign() < 0 {
			return nil, misused("--quota %s: a limit cannot be less than 0", pair)
		}
		if hard == nil {
			hard = corev1.ResourceList{}
		}
		if _, twice := hard[corev1.ResourceName(name)]; twice {
			return nil, misused("--quota %s: %s is limited twice", pair, name)
		}
		hard[corev1.ResourceName(name)] = quantity
	}
	return hard, nil
}
