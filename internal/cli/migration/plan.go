package migration

import (
	"context"
	"fmt"
	"strings"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/cli/doctor"
	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
)

// rooms are all Profiles with what there is of them, by namespace.
type rooms struct {
	profiles   []profilev1.Profile
	namespaces map[string]*corev1.Namespace
	bindings   map[string][]rbacv1.RoleBinding
	quotas     map[string][]corev1.ResourceQuota
	policies   []*istiov1beta1.AuthorizationPolicy
}

func readRooms(ctx context.Context, cluster client.Reader) (rooms, error) {
	r := rooms{namespaces: map[string]*corev1.Namespace{}, bindings: map[string][]rbacv1.RoleBinding{}, quotas: map[string][]corev1.ResourceQuota{}}
	var profiles profilev1.ProfileList
	var namespaces corev1.NamespaceList
	var bindings rbacv1.RoleBindingList
	var quotas corev1.ResourceQuotaList
	var policies istiov1beta1.AuthorizationPolicyList
	for _, list := range []client.ObjectList{&profiles, &namespaces, &bindings, &quotas, &policies} {
		if err := cluster.List(ctx, list); err != nil && !meta.IsNoMatchError(err) {
			return r, fmt.Errorf("read what the Profiles have: %w", err)
		}
	}
	for i := range namespaces.Items {
		r.namespaces[namespaces.Items[i].Name] = &namespaces.Items[i]
	}
	for _, b := range bindings.Items {
		r.bindings[b.Namespace] = append(r.bindings[b.Namespace], b)
	}
	for _, q := range quotas.Items {
		r.quotas[q.Namespace] = append(r.quotas[q.Namespace], q)
	}
	r.profiles, r.policies = profiles.Items, policies.Items
	return r, nil
}

// Plan tells what a move would change, without changing anything. Where Profiles have AWS roles
// whose trust policies the existing controller edited, look looks at the roles of the account.
func Plan(ctx context.Context, cluster client.Reader, i installation.Installation, look func(context.Context) AWSLook) ([]doctor.Finding, error) {
	found, err := readRooms(ctx, cluster)
	if err != nil {
		return nil, err
	}
	crd, err := doctor.ReadCRD(ctx, cluster, "profiles.kubeflow.org")
	if err != nil {
		return nil, err
	}
	wide, err := adminBindings(ctx, cluster, i)
	if err != nil {
		return nil, err
	}
	before, err := readRecord(ctx, cluster, i)
	if err != nil {
		return nil, err
	}
	findings := aboutRecord(i, before != nil)
	findings = append(findings, aboutCRD(crd != nil && doctor.IsOurs(crd)))
	findings = append(findings, aboutDeployment(i)...)
	findings = append(findings, aboutRights(i, wide)...)
	findings = append(findings, aboutProfiles(found, i)...)
	edited, annotated := namedRoles(found.profiles)
	if len(edited) > 0 {
		findings = append(findings, aboutEdited(edited, look(ctx))...)
	}
	findings = append(findings, aboutAnnotated(annotated)...)
	return append(findings, doctor.Hazards(found.profiles, found.policies)...), nil
}

func fine(check, format string, details ...any) doctor.Finding {
	return doctor.Finding{Check: check, Status: doctor.Fine, Message: fmt.Sprintf(format, details...)}
}

func warning(check, advice, format string, details ...any) doctor.Finding {
	return doctor.Finding{Check: check, Status: doctor.Warning, Message: fmt.Sprintf(format, details...), Advice: advice}
}

func problem(check, advice, format string, details ...any) doctor.Finding {
	return doctor.Finding{Check: check, Status: doctor.Problem, Message: fmt.Sprintf(format, details...), Advice: advice}
}

func aboutRecord(i installation.Installation, there bool) []doctor.Finding {
	if !there {
		return nil
	}
	return []doctor.Finding{fine("Record", "configmap/%s in namespace %s has how things were before a move; kubectl profile migrate --rollback brings them back.", RecordName, i.Namespace)}
}

func aboutCRD(ours bool) doctor.Finding {
	if ours {
		return fine("CRD", "profiles.kubeflow.org is ours already.")
	}
	return warning("CRD", "", "profiles.kubeflow.org gets our schema: it checks new Profiles, and has contributors, reasons of conditions and identities. All Profiles that are stored stay valid. It stays when you go back.")
}

func aboutDeployment(i installation.Installation) []doctor.Finding {
	const name = "Deployment"
	findings := []doctor.Finding{fine(name, "%s in namespace %s runs %s. It keeps its settings, volumes and labels.", i.Deployment.Name, i.Namespace, i.Manager.Image)}
	if _, dropped := Switch(i.Deployment, ""); len(dropped) > 0 {
		findings = append(findings, warning(name, "", "these arguments are left out, since our programs do not have them: %s.", strings.Join(dropped, " ")))
	}
	template := i.Deployment.Spec.Template
	const inject = "sidecar.istio.io/inject"
	if i.KFAM != nil && (template.Labels[inject] == "false" || template.Annotations[inject] == "false") {
		findings = append(findings, warning(name, "Have a sidecar injected, or see docs/access.md for other ways to tell who calls.",
			"its pods have no sidecar (%s: \"false\"), and our access API believes the user header only from callers whose mesh identity a sidecar vouches for.", inject))
	}
	return findings
}

func aboutRights(i installation.Installation, wide []rbacv1.ClusterRoleBinding) []doctor.Finding {
	const name = "Rights"
	if len(wide) == 0 {
		return []doctor.Finding{fine(name, "service account %s/%s is not cluster-admin.", i.Namespace, i.ServiceAccount())}
	}
	var names []string
	for _, b := range wide {
		names = append(names, "clusterrolebinding/"+b.Name)
	}
	return []doctor.Finding{warning(name, "", "service account %s/%s is cluster-admin by %s, which is taken away; it gets the rights that it needs instead.",
		i.Namespace, i.ServiceAccount(), strings.Join(names, ", "))}
}
