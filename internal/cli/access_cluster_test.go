package cli

import (
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func clusterRole(name string, rules ...rbacv1.PolicyRule) *rbacv1.ClusterRole {
	return &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: rules}
}

func allows(verbs, group string, resources ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{Verbs: strings.Fields(verbs), APIGroups: []string{group}, Resources: resources}
}

// boundEverywhere binds subjects, each as KIND NAME or ServiceAccount NAMESPACE/NAME, to a ClusterRole.
func boundEverywhere(binding, role string, subjects ...string) *rbacv1.ClusterRoleBinding {
	b := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: binding}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role}}
	for _, s := range subjects {
		kind, name, _ := strings.Cut(s, " ")
		subject := rbacv1.Subject{Kind: kind, Name: name}
		if kind == rbacv1.ServiceAccountKind {
			subject.Namespace, subject.Name, _ = strings.Cut(name, "/")
		}
		b.Subjects = append(b.Subjects, subject)
	}
	return b
}

// ordinaryCluster has bindings as every cluster has them, and some that let people in.
func ordinaryCluster(t *testing.T) []client.Object {
	edit := allows("get create", "", "pods", "pods/exec")
	nodes := allows("get", "", "nodes")
	return []client.Object{
		makeProfile("ann", "ann@example.com").obj(), meshController(),
		clusterRole("cluster-admin", allows("*", "*", "*")), clusterRole("edit", edit), clusterRole("nodes", nodes),
		clusterRole("system:kube-scheduler", edit), clusterRole("system:discovery"), clusterRole("system:controller:job-controller", edit), clusterRole("argo", edit),
		boundEverywhere("cluster-admin", "cluster-admin", "Group system:masters", "ServiceAccount metacontroller/controller"),
		boundEverywhere("everybody-edits", "edit", "Group system:authenticated"),
		boundEverywhere("eve-edits", "edit", "User eve", "ServiceAccount ci/bot"),
		boundEverywhere("eve-sees-nodes", "nodes", "User eve"),
		boundEverywhere("argo", "argo", "ServiceAccount kubeflow/argo"),
		boundEverywhere("gone", "gone", "User eve"),
		boundEverywhere("system:discovery", "system:discovery", "Group system:authenticated"),
		boundEverywhere("system:kube-scheduler", "system:kube-scheduler", "User system:kube-scheduler", "User eve"),
		boundEverywhere("system:controller:job-controller", "system:controller:job-controller", "ServiceAccount kube-system/job-controller", "ServiceAccount ann/job-controller"),
		boundEverywhere("false-flag", "edit", "User system:kube-scheduler", "ServiceAccount kube-system/mine"),
		policy(t, "ann/locked", "{}"),
	}
}

func TestAccessByBindingsOfTheCluster(t *testing.T) {
	term := open(t, ordinaryCluster(t)...)
	term.prints("access ann", `
PROFILE   WHO                                        BY     MAY                                            RULE                                                  NOTE
ann       Group:system:masters                       RBAC   ClusterRole cluster-admin                      clusterrolebinding/cluster-admin                      in every namespace
ann       ServiceAccount:metacontroller/controller   RBAC   ClusterRole cluster-admin                      clusterrolebinding/cluster-admin                      in every namespace
ann       eve                                        RBAC   ClusterRole edit                               clusterrolebinding/eve-edits                          in every namespace
ann       Group:system:authenticated                 RBAC   ClusterRole edit                               clusterrolebinding/everybody-edits                    in every namespace
ann       system:kube-scheduler                      RBAC   ClusterRole edit                               clusterrolebinding/false-flag                         in every namespace
ann       ServiceAccount:ann/job-controller          RBAC   ClusterRole system:controller:job-controller   clusterrolebinding/system:controller:job-controller   in every namespace
ann       eve                                        RBAC   ClusterRole system:kube-scheduler              clusterrolebinding/system:kube-scheduler              in every namespace
ann       nobody                                     mesh   no request                                     authorizationpolicy/locked                            it allows nothing
`)
	const says = "Besides, service accounts have 3 roles in every namespace: see them with -o wide.\n"
	if term.err.String() != says {
		t.Errorf("it says %q", term.err.String())
	}
	term.prints("access ann -o wide", `
PROFILE   WHO                                        BY     MAY                                            RULE                                                  NOTE
ann       ServiceAccount:kubeflow/argo               RBAC   ClusterRole argo                               clusterrolebinding/argo                               in every namespace
ann       Group:system:masters                       RBAC   ClusterRole cluster-admin                      clusterrolebinding/cluster-admin                      in every namespace
ann       ServiceAccount:metacontroller/controller   RBAC   ClusterRole cluster-admin                      clusterrolebinding/cluster-admin                      in every namespace
ann       eve                                        RBAC   ClusterRole edit                               clusterrolebinding/eve-edits                          in every namespace
ann       ServiceAccount:ci/bot                      RBAC   ClusterRole edit                               clusterrolebinding/eve-edits                          in every namespace
ann       Group:system:authenticated                 RBAC   ClusterRole edit                               clusterrolebinding/everybody-edits                    in every namespace
ann       system:kube-scheduler                      RBAC   ClusterRole edit                               clusterrolebinding/false-flag                         in every namespace
ann       ServiceAccount:kube-system/mine            RBAC   ClusterRole edit                               clusterrolebinding/false-flag                         in every namespace
ann       ServiceAccount:ann/job-controller          RBAC   ClusterRole system:controller:job-controller   clusterrolebinding/system:controller:job-controller   in every namespace
ann       eve                                        RBAC   ClusterRole system:kube-scheduler              clusterrolebinding/system:kube-scheduler              in every namespace
ann       nobody                                     mesh   no request                                     authorizationpolicy/locked                            it allows nothing
`)
	if term.err.String() != "" {
		t.Errorf("it says %q", term.err.String())
	}
	term.prints("access --user eve", `
PROFILE   WHO                          BY     MAY                                 RULE                                       NOTE
ann       eve                          RBAC   ClusterRole edit                    clusterrolebinding/eve-edits               in every namespace
ann       Group:system:authenticated   RBAC   ClusterRole edit                    clusterrolebinding/everybody-edits         in every namespace
ann       eve                          RBAC   ClusterRole system:kube-scheduler   clusterrolebinding/system:kube-scheduler   in every namespace
`)
	term.prints("access --user ServiceAccount:ci/bot", `
PROFILE   WHO                          BY     MAY                RULE                                 NOTE
ann       ServiceAccount:ci/bot        RBAC   ClusterRole edit   clusterrolebinding/eve-edits         in every namespace
ann       Group:system:authenticated   RBAC   ClusterRole edit   clusterrolebinding/everybody-edits   in every namespace
`)
	term.prints("access --user system:anonymous -o json", "[]\n")
}

func TestAccessOfServiceAccounts(t *testing.T) {
	p := makeProfile("nightly", "bot").owner("ServiceAccount", "bot").obj()
	p.Spec.Owner.Namespace = "ci"
	toAll := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: "nightly", Name: "to-all"}, RoleRef: rbacv1.RoleRef{Kind: "ClusterRole", Name: "view"},
		Subjects: []rbacv1.Subject{{Kind: "Group", Name: "system:serviceaccounts:ci"}, {Kind: "Group", Name: "system:serviceaccounts"}, {Kind: "User", Name: "system:serviceaccount:ci:bot"}}}
	term := open(t, append(withRules(p), meshController(), toAll)...)
	const bots = `
PROFILE   WHO                                                 BY     MAY                                 RULE                                        NOTE
nightly   ServiceAccount:ci/bot                               RBAC   admin                               rolebinding/namespaceAdmin                  
nightly   Group:system:serviceaccounts:ci                     RBAC   ClusterRole view                    rolebinding/to-all                          
nightly   Group:system:serviceaccounts                        RBAC   ClusterRole view                    rolebinding/to-all                          
nightly   system:serviceaccount:ci:bot                        RBAC   ClusterRole view                    rolebinding/to-all                          
nightly   accounts.example.com:system:serviceaccount:ci:bot   mesh   every request through the gateway   authorizationpolicy/ns-owner-access-istio   
`
	term.prints("access --user system:serviceaccount:ci:bot", bots)
	term.prints("access --user ServiceAccount:ci/bot", bots)
	term.prints("access --user bot", "")
	term.prints("access --user system:serviceaccount:nightly:default-editor", `
PROFILE   WHO                                     BY     MAY                RULE                                        NOTE
nightly   ServiceAccount:nightly/default-editor   RBAC   edit               rolebinding/default-editor                  
nightly   Group:system:serviceaccounts            RBAC   ClusterRole view   rolebinding/to-all                          
nightly   pods of namespace nightly               mesh   every request      authorizationpolicy/ns-owner-access-istio   
`)
}
