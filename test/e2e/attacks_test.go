package e2e

import (
	"fmt"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// TestAttacksOfTenants has two neighbors, each with all that a Profile gives, try what
// neither may do. What each may do is tried first, so that a refusal means something.
func TestAttacksOfTenants(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("mallory").Quota("cpu", "1").Obj(), MakeProfile("victim").Obj())
	f.awaitReady("mallory", "victim")
	f.create(MakeSecret("victim", "treasure"))
	owner, edits, views := f.as("mallory@example.com"), f.asAccount("mallory", editor), f.asAccount("mallory", viewer)
	f.awaitAllowed("the owner who reads secrets at home", f.reading(owner, "mallory"))
	f.awaitAllowed("the editor account that makes a pod at home", f.creating(edits, MakePod("mallory", "p", "1m")))
	f.awaitAllowed("the viewer account that looks at pods at home", f.looking(views, "mallory"))
	cluster := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"}
	everything := []rbacv1.PolicyRule{{APIGroups: []string{"*"}, Resources: []string{"*"}, Verbs: []string{"*"}}}
	toAdmin := MakeBinding("mallory", "up", "kubeflow-admin", account("mallory", editor))

	for _, attack := range []struct {
		name string
		try  attempt
	}{
		{"the owner reads a neighbor's secrets", f.reading(owner, "victim")},
		{"the owner looks at a neighbor's pods", f.looking(owner, "victim")},
		{"the editor account reads a neighbor's secrets", f.reading(edits, "victim")},
		{"the editor account makes a pod at a neighbor's", f.creating(edits, MakePod("victim", "p", "1m"))},
		{"the viewer account looks at a neighbor's pods", f.looking(views, "victim")},
		{"the viewer account reads secrets at home", f.reading(views, "mallory")},
		{"the viewer account writes at home", f.creating(views, MakeConfigMap("mallory", "c"))},
		{"the editor account binds itself to kubeflow-admin", f.creating(edits, toAdmin)},
		{"the editor account binds itself to cluster-admin", f.creating(edits, MakeBinding("mallory", "up", "cluster-admin", account("mallory", editor)))},
		{"the editor account puts itself into namespaceAdmin", f.merging(edits, bindingNamed("mallory", ownerAdmin), `{"subjects":[{"kind":"ServiceAccount","name":"default-editor","namespace":"mallory"}]}`)},
		{"the editor account deletes namespaceAdmin", f.deleting(edits, bindingNamed("mallory", ownerAdmin))},
		{"the editor account raises the quota", f.merging(edits, quotaIn("mallory"), `{"spec":{"hard":{"cpu":"100"}}}`)},
		{"the editor account deletes the quota", f.deleting(edits, quotaIn("mallory"))},
		{"the editor account opens the mesh policy", f.merging(edits, policyIn("mallory"), `{"spec":{"rules":[{}]}}`)},
		{"the editor account makes a role", f.creating(edits, &rbacv1.Role{ObjectMeta: meta("mallory", "up"), Rules: everything})},
		{"the editor account takes the owner's token", f.tokenFor(edits, "mallory", "default")},
		{"the owner binds a friend to cluster-admin", f.creating(owner, MakeBinding("mallory", "up", "cluster-admin", user("friend@example.com")))},
		{"the owner makes a role with more rights than its own", f.creating(owner, &rbacv1.Role{ObjectMeta: meta("mallory", "up"), Rules: everything})},
		{"the owner makes a ClusterRoleBinding", f.creating(owner, &rbacv1.ClusterRoleBinding{ObjectMeta: meta("", "up"), RoleRef: cluster, Subjects: []rbacv1.Subject{user("mallory@example.com")}})},
		{"the owner widens kubeflow-admin", f.merging(owner, &rbacv1.ClusterRole{ObjectMeta: meta("", "kubeflow-admin")}, `{"rules":[]}`)},
		{"the owner raises the quota", f.merging(owner, quotaIn("mallory"), `{"spec":{"hard":{"cpu":"100"}}}`)},
		{"the owner deletes the quota", f.deleting(owner, quotaIn("mallory"))},
		{"the owner opens the mesh policy", f.merging(owner, policyIn("mallory"), `{"spec":{"rules":[{}]}}`)},
		{"the owner makes a Profile", f.creating(owner, MakeProfile("more").Obj())},
		{"the owner changes its Profile", f.merging(owner, profileNamed("mallory"), `{"spec":{"resourceQuotaSpec":{"hard":{"cpu":"100"}}}}`)},
		{"the owner writes its Profile's status", f.merging(owner, profileNamed("mallory"), `{"status":{"conditions":[]}}`)},
		{"the owner takes over a neighbor's Profile", f.merging(owner, profileNamed("victim"), `{"spec":{"owner":{"name":"mallory@example.com"}}}`)},
		{"the owner takes a neighbor's namespace by its annotation", f.merging(owner, namespaceNamed("victim"), `{"metadata":{"annotations":{"owner":"mallory@example.com"}}}`)},
		{"the owner takes a system namespace by its annotation", f.merging(owner, namespaceNamed("kube-system"), `{"metadata":{"annotations":{"owner":"mallory@example.com"}}}`)},
		{"the owner turns the sidecar off", f.merging(owner, namespaceNamed("mallory"), `{"metadata":{"labels":{"istio-injection":"disabled"}}}`)},
		{"the owner deletes its namespace", f.deleting(owner, namespaceNamed("mallory"))},
		{"the owner makes a namespace", f.creating(owner, MakeNamespace("mine", "mallory@example.com"))},
		{"the owner becomes the controller", f.tokenFor(owner, playground.SystemNamespace, playground.ControllerAccount)},
		{"the owner lifts the protection from deletion for all", func() error {
			return owner.Delete(f.ctx, preventDeletion(), client.DryRunAll)
		}},
	} {
		t.Run(attack.name, func(t *testing.T) { f.within(t).mustBeDenied("this", attack.try) })
	}
}

func (f *fixture) tokenFor(c client.Client, namespace, name string) attempt {
	return func() error {
		return c.SubResource("token").Create(f.ctx, accountNamed(namespace, name), &authenticationv1.TokenRequest{})
	}
}

// TestAttackByAFormerOwner has somebody keep trying after the room was handed over, and
// use what could be left behind: a guest binding made while it was possible is the new
// owner's to see and to delete.
func TestAttackByAFormerOwner(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("left").Owner("leaver@example.com").Obj())
	f.awaitReady("left")
	leaver := f.as("leaver@example.com")
	f.awaitAllowed("the owner who reads secrets", f.reading(leaver, "left"))
	change(f, profileNamed("left"), func(p *profilev1.Profile) { p.Spec.Owner = user("stayer@example.com") })
	f.awaitReady("left")
	f.awaitDenied("the former owner who reads secrets", f.reading(leaver, "left"))
	f.mustBeDenied("the former owner who lets itself in again", f.creating(leaver, MakeBinding("left", "back", "kubeflow-view", user("leaver@example.com"))))
	f.mustBeDenied("the former owner who looks at pods", f.looking(leaver, "left"))
	if content := fmt.Sprint(live(f, policyIn("left")), live(f, bindingNamed("left", ownerAdmin)), live(f, namespaceNamed("left")).Annotations); strings.Contains(content, "leaver@example.com") {
		t.Errorf("the former owner is still named: %s", content)
	}
}

// TestAttackToTakeOverANamespaceByCreatingItsProfile has somebody who may create Profiles,
// and nothing else, ask for a namespace that is there already.
func TestAttackToTakeOverANamespaceByCreatingItsProfile(t *testing.T) {
	f := withController(t)
	f.create(&rbacv1.ClusterRole{ObjectMeta: meta("", "profile-creator"), Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{"kubeflow.org"}, Resources: []string{"profiles"}, Verbs: []string{"create", "get", "patch"}}}},
		&rbacv1.ClusterRoleBinding{ObjectMeta: meta("", "profile-creator"), Subjects: []rbacv1.Subject{user("creator@example.com")},
			RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "profile-creator"}},
		MakeNamespace("production", ""), MakeNamespace("colleagues", "colleague@example.com"), MakeSecret("production", "treasure"))
	creator := f.as("creator@example.com")
	f.awaitAllowed("the creator of Profiles", f.creating(creator, MakeProfile("production").Obj()))
	for _, name := range []string{"production", "colleagues"} {
		f.watchOver(name)
		if err := creator.Create(f.ctx, MakeProfile(name).Owner("creator@example.com").Obj()); err != nil {
			t.Fatal(err)
		}
		f.awaitCondition(name, profilev1.ConditionReady, profilev1.ReasonForeignNamespace)
		f.settle()
		f.mustBeDenied("the creator who reads secrets", f.reading(creator, name))
		f.mustBeDenied("the creator who marks the namespace", f.merging(creator, namespaceNamed(name), `{"metadata":{"annotations":{"owner":"creator@example.com"}}}`))
	}
}

// hostileOwners are names that a mesh would read as a pattern, or that are not what they
// look like. Those marked as stored are refused by the CRD today and are put in place
// under the old one.
var hostileOwners = map[string]struct {
	name   string
	stored bool
}{
	"hostile-all":      {"*", true},
	"hostile-suffix":   {"*@example.com", true},
	"hostile-prefix":   {"admin*", true},
	"hostile-leading":  {" admin@example.com", true},
	"hostile-trailing": {"admin@example.com ", true},
	"hostile-break":    {"admin@example.com\nx", true},
	"hostile-null":     {"admin@example.com\x00", true},
	"hostile-nbsp":     {"\u00a0admin@example.com", false},
	"hostile-c1":       {"admin\u0085@example.com", false},
	"hostile-empty":    {"", true},
}

// TestAttackByAnOwnerNameThatTheMeshReadsAsAPattern looks at every request that could have
// carried the name, not only at what is left at the end.
func TestAttackByAnOwnerNameThatTheMeshReadsAsAPattern(t *testing.T) {
	f := withoutController(t)
	var manifests []string
	for profile, owner := range hostileOwners {
		if owner.stored {
			manifests = append(manifests, fmt.Sprintf(`{metadata: {name: %s}, spec: {owner: {kind: User, name: %s}}}`, profile, quoted(owner.name)))
			if err := pg.Client.Create(f.ctx, MakeProfile(profile).Owner(owner.name).Obj()); err == nil || !strings.Contains(err.Error(), "spec.owner.name must not") {
				t.Errorf("the CRD must refuse the owner %q: %v", owner.name, err)
			}
		} else {
			f.create(MakeProfile(profile).Owner(owner.name).Obj())
		}
	}
	f.storeUnderOldCRD(manifests...)
	f.create(MakeNamespace("hostile-all", "*"))
	version := awaitStable(f, "hostile-all").ResourceVersion
	before := f.mark()
	f.start()
	for profile := range hostileOwners {
		f.awaitCondition(profile, profilev1.ConditionNamespaceReady, profilev1.ReasonInvalidOwner)
		f.mustHaveWrittenAbout(profile, before, "patch profiles/status "+profile)
		f.mustBeAbsent(policyIn(profile))
		if profile != "hostile-all" {
			f.mustBeAbsent(namespaceNamed(profile))
		}
	}
	mustEqual(t, "version of the namespace", live(f, namespaceNamed("hostile-all")).ResourceVersion, version)
}

func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	b.WriteByte('"')
	return b.String()
}

// TestAttackWithTheControllersAccount has somebody who stole the controller's token try
// what would make it worth stealing.
func TestAttackWithTheControllersAccount(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("robbed").Quota("pods", "1").Obj())
	f.awaitReady("robbed")
	thief := f.asAccount(playground.SystemNamespace, playground.ControllerAccount)
	me := account(playground.SystemNamespace, playground.ControllerAccount)
	f.awaitAllowed("the controller that binds kubeflow-admin", f.creating(thief, MakeBinding("robbed", "x", "kubeflow-admin", user("u"))))
	f.create(MakeBinding("robbed", "powerful", "cluster-admin", user("admin@example.com")))
	everything := []rbacv1.PolicyRule{{APIGroups: []string{"*"}, Resources: []string{"*"}, Verbs: []string{"*"}}}

	for _, attack := range []struct {
		name string
		try  attempt
	}{
		{"reads secrets", f.reading(thief, "robbed")},
		{"reads secrets of the system", f.reading(thief, "kube-system")},
		{"reads all secrets", f.reading(thief, "")},
		{"binds cluster-admin", f.creating(thief, MakeBinding("robbed", "x", "cluster-admin", me))},
		{"binds admin", f.creating(thief, MakeBinding("robbed", "x", "admin", me))},
		{"enters a powerful binding that is there", f.merging(thief, bindingNamed("robbed", "powerful"), `{"subjects":[{"kind":"ServiceAccount","name":"`+me.Name+`","namespace":"`+me.Namespace+`"}]}`)},
		{"makes a ClusterRoleBinding", f.creating(thief, &rbacv1.ClusterRoleBinding{ObjectMeta: meta("", "x"), Subjects: []rbacv1.Subject{me},
			RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "kubeflow-admin"}})},
		{"makes a Role", f.creating(thief, &rbacv1.Role{ObjectMeta: meta("robbed", "x"), Rules: everything})},
		{"makes a ClusterRole", f.creating(thief, &rbacv1.ClusterRole{ObjectMeta: meta("", "x"), Rules: everything})},
		{"widens kubeflow-admin", f.merging(thief, &rbacv1.ClusterRole{ObjectMeta: meta("", "kubeflow-admin")}, `{"metadata":{"labels":{"x":"y"}}}`)},
		{"widens its own ClusterRole", f.merging(thief, &rbacv1.ClusterRole{ObjectMeta: meta("", "profiles-controller-role")}, `{"rules":[]}`)},
		{"deletes a namespace", f.deleting(thief, namespaceNamed("robbed"))},
		{"deletes a Profile", f.deleting(thief, profileNamed("robbed"))},
		{"makes a Profile", f.creating(thief, MakeProfile("x").Obj())},
		{"deletes a service account", f.deleting(thief, accountNamed("robbed", editor))},
		{"makes a token", f.tokenFor(thief, "robbed", editor)},
		{"makes a pod", f.creating(thief, MakePod("robbed", "x", "1m"))},
		{"looks at pods", f.looking(thief, "robbed")},
		{"reads ConfigMaps of the system", func() error { return thief.List(f.ctx, &corev1.ConfigMapList{}, client.InNamespace("kube-system")) }},
		{"lifts the protection from deletion", func() error { return thief.Delete(f.ctx, preventDeletion(), client.DryRunAll) }},
		{"becomes somebody else", f.impersonating(me, "mallory@example.com")},
	} {
		t.Run(attack.name, func(t *testing.T) { f.within(t).mustBeDenied("this", attack.try) })
	}
	f.remove(bindingNamed("robbed", "powerful"))
	f.mustBe("robbed", profilev1.ConditionReady, metav1.ConditionTrue, profilev1.ReasonReady)
}

// impersonating has a service account speak in somebody else's name.
func (f *fixture) impersonating(who rbacv1.Subject, somebody string) attempt {
	return func() error {
		config, err := pg.ServiceAccountConfig(f.ctx, who.Namespace, who.Name)
		if err != nil {
			return err
		}
		config.Impersonate.UserName = somebody
		c, err := client.New(config, client.Options{Scheme: playground.Scheme(), Mapper: pg.Client.RESTMapper()})
		if err != nil {
			return err
		}
		return c.List(f.ctx, &profilev1.ProfileList{})
	}
}
