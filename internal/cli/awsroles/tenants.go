package awsroles

import (
	"cmp"
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
)

// ReadTenants looks who is there in a cluster.
func ReadTenants(ctx context.Context, cluster client.Reader) (Tenants, error) {
	t := Tenants{
		namespaces: map[string]bool{}, accounts: map[string]bool{}, profiles: map[string]bool{},
		asked: map[string]map[string][]string{}, annotated: map[string][]string{},
	}
	namespaces := &metav1.PartialObjectMetadataList{}
	namespaces.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("NamespaceList"))
	accounts := &metav1.PartialObjectMetadataList{}
	accounts.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("ServiceAccountList"))
	var profiles profilev1.ProfileList
	for _, list := range []client.ObjectList{namespaces, accounts, &profiles} {
		if err := cluster.List(ctx, list); err != nil {
			return t, err
		}
	}
	for i := range namespaces.Items {
		t.namespaces[namespaces.Items[i].Name] = true
	}
	for i := range accounts.Items {
		a := &accounts.Items[i]
		subject := trustpolicy.Subject(a.Namespace, a.Name)
		t.accounts[subject] = true
		if role := a.Annotations[AnnotationRole]; role != "" {
			t.annotated[role] = append(t.annotated[role], subject)
		}
	}
	for i := range profiles.Items {
		t.note(&profiles.Items[i])
	}
	return t, nil
}

// note notes which roles a Profile names. One whose entries cannot be read gets nothing from the
// controller either.
func (t Tenants) note(p *profilev1.Profile) {
	t.profiles[p.Name] = true
	entries, err := EntriesOf(p)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if t.asked[entry.Role] == nil {
			t.asked[entry.Role] = map[string][]string{}
		}
		audience := cmp.Or(entry.Audience, trustpolicy.DefaultAudience)
		for _, account := range entry.Accounts {
			t.asked[entry.Role][audience] = append(t.asked[entry.Role][audience], trustpolicy.Subject(p.Name, account))
		}
	}
}
