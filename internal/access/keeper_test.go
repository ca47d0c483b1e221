package access

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/proto"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	istioapi "istio.io/api/security/v1beta1"
	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"

	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// mustBe fails the test unless err is an Error of this kind whose message has these words.
func mustBe(t *testing.T, err error, kind ErrorKind, words string) {
	t.Helper()
	var known *Error
	if !errors.As(err, &known) || known.Kind != kind || !strings.Contains(known.Message, words) {
		t.Errorf("the error is %#v, want one of kind %d about %q", err, kind, words)
	}
}

func TestGrantAndRevoke(t *testing.T) {
	c := clusterFor(t)
	c.room("grant")
	for _, guest := range []contributor.Contributor{
		guestOf("grant", "a.b@x", "edit"), guestOf("grant", "a-b@x", "edit"), guestOf("grant", "a.b@x", "admin"),
		{Namespace: "grant", Kind: "Group", Name: "data science", Role: "view"},
	} {
		c.grant(guest, true)
		c.grant(guest, false)
	}
	guest := guestOf("grant", "a.b@x", "edit")
	name := contributor.ObjectName(guest)
	c.mustHave("grant", name, contributor.ObjectName(guestOf("grant", "a-b@x", "edit")), contributor.ObjectName(guestOf("grant", "a.b@x", "admin")),
		contributor.ObjectName(contributor.Contributor{Kind: "Group", Name: "data science", Role: "view"}))

	want, got := contributor.RoleBinding(guest), c.bindings("grant")[name]
	setByServer := cmpopts.IgnoreFields(metav1.ObjectMeta{}, "UID", "ResourceVersion", "CreationTimestamp", "ManagedFields", "Generation")
	if diff := cmp.Diff(want, got, setByServer); diff != "" {
		t.Error(diff)
	}
	policy := contributor.Policy(guest, testSettings())
	live := c.policies("grant")[name]
	if !proto.Equal(&policy.Spec, &live.Spec) || !cmp.Equal(policy.ObjectMeta, live.ObjectMeta, setByServer) {
		t.Errorf("the policy is %v", live)
	}
	if got := live.ManagedFields[0].Manager; got != FieldOwner {
		t.Errorf("the field owner is %q", got)
	}
	c.eventually("the guest is listed", func() bool { return len(c.index.List(Query{User: "a.b@x", Role: "edit"})) == 1 })

	c.revoke(guest, true)
	c.revoke(guest, false)
	if c.bindings("grant")[name] != nil || c.policies("grant")[name] != nil {
		t.Error("something is left")
	}
	if len(c.bindings("grant")) != 3 || len(c.policies("grant")) != 3 {
		t.Error("others lost something")
	}
}

// TestManyGrantsOfTheSameAtOnce has two processes and many callers.
func TestManyGrantsOfTheSameAtOnce(t *testing.T) {
	c := clusterFor(t)
	c.room("at-once")
	guest := guestOf("at-once", "vic", "edit")
	keepers := []*Keeper{c.keeper, c.newKeeper(testSettings(), c.client)}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if _, err := keepers[i%2].Grant(c.ctx, guest); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	c.mustHave("at-once", contributor.ObjectName(guest))
}

// TestAGrantCutOffBetweenItsWrites leaves a RoleBinding without a policy.
func TestAGrantCutOffBetweenItsWrites(t *testing.T) {
	c := clusterFor(t)
	c.room("half-grant")
	died := errors.New("the process died")
	dying := c.faulty(interceptor.Funcs{Create: func(ctx context.Context, with client.WithWatch, o client.Object, opts ...client.CreateOption) error {
		if _, isPolicy := o.(*istiov1beta1.AuthorizationPolicy); isPolicy {
			return died
		}
		return with.Create(ctx, o, opts...)
	}})
	guests := []contributor.Contributor{guestOf("half-grant", "one", "edit"), guestOf("half-grant", "two", "edit"), guestOf("half-grant", "three", "edit")}
	names := []string{contributor.ObjectName(guests[0]), contributor.ObjectName(guests[1]), contributor.ObjectName(guests[2])}
	cutOff := func(guest contributor.Contributor) {
		t.Helper()
		_, err := dying.Grant(c.ctx, guest)
		mustBe(t, err, Unavailable, "Try again")
		if !errors.Is(err, died) {
			t.Fatal(err)
		}
	}
	cutOff(guests[0])
	if len(c.bindings("half-grant")) != 1 || len(c.policies("half-grant")) != 0 {
		t.Fatal("the pair is not half-made")
	}
	// The same call completes it.
	c.grant(guests[0], true)
	c.mustHave("half-grant", names[0])
	// Another call completes it.
	cutOff(guests[1])
	c.grant(guests[0], false)
	c.mustHave("half-grant", names[:2]...)
	// The sweep completes it, and finds nothing to do after that.
	cutOff(guests[2])
	if got := c.sweep(c.keeper, "half-grant"); got != (SweepReport{Created: 1}) {
		t.Errorf("the sweep did %+v", got)
	}
	c.mustHave("half-grant", names...)
	if got := c.sweep(c.keeper, "half-grant"); got != (SweepReport{}) {
		t.Errorf("the second sweep did %+v", got)
	}
}

// TestARevocationCutOffBetweenItsWrites leaves a policy without a RoleBinding. Whatever
// happens next, nobody gets back what was taken away.
func TestARevocationCutOffBetweenItsWrites(t *testing.T) {
	c := clusterFor(t)
	c.room("half-revoked")
	dying := c.faulty(interceptor.Funcs{Delete: func(ctx context.Context, with client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
		if _, isPolicy := o.(*istiov1beta1.AuthorizationPolicy); isPolicy {
			return errors.New("the process died")
		}
		return with.Delete(ctx, o, opts...)
	}})
	guest, other := guestOf("half-revoked", "one", "edit"), guestOf("half-revoked", "two", "view")
	c.grant(other, true)
	cutOff := func() {
		t.Helper()
		c.grant(guest, true)
		_, err := dying.Revoke(c.ctx, guest)
		mustBe(t, err, Unavailable, "Try again")
		if len(c.bindings("half-revoked")) != 1 || len(c.policies("half-revoked")) != 2 {
			t.Fatal("the pair is not half-revoked")
		}
	}
	cutOff()
	c.revoke(guest, true)
	c.mustHave("half-revoked", contributor.ObjectName(other))
	cutOff()
	c.grant(other, false)
	c.mustHave("half-revoked", contributor.ObjectName(other))
	cutOff()
	if got := c.sweep(c.keeper, "half-revoked"); got != (SweepReport{Removed: 1}) {
		t.Errorf("the sweep did %+v", got)
	}
	c.mustHave("half-revoked", contributor.ObjectName(other))
}

// oldPair returns the objects as the existing access API makes them.
func oldPair(guest contributor.Contributor) (*rbacv1.RoleBinding, *istiov1beta1.AuthorizationPolicy) {
	binding, policy := contributor.RoleBinding(guest), contributor.Policy(guest, testSettings())
	for _, meta := range []*metav1.ObjectMeta{&binding.ObjectMeta, &policy.ObjectMeta} {
		meta.Name, meta.Labels = contributor.LegacyName(guest), nil
	}
	return binding, policy
}

func TestPairsOfTheExistingAccessAPI(t *testing.T) {
	c := clusterFor(t)
	c.room("old")
	guest, half, orphan := guestOf("old", "a.b@x", "edit"), guestOf("old", "half@x", "view"), guestOf("old", "orphan@x", "view")
	binding, policy := oldPair(guest)
	halfBinding, _ := oldPair(half)
	_, orphanPolicy := oldPair(orphan)
	c.create(binding, policy, halfBinding, orphanPolicy)

	if got := c.sweep(c.keeper, "old"); got != (SweepReport{Created: 1, Removed: 1}) {
		t.Errorf("the sweep did %+v", got)
	}
	c.mustHave("old", binding.Name, halfBinding.Name)
	if got := c.policies("old")[policy.Name].ResourceVersion; got != policy.ResourceVersion {
		t.Error("a policy that says the right thing was written")
	}
	c.grant(guest, false)
	// One of the same old name is another contributor.
	twin := guestOf("old", "a-b@x", "edit")
	c.revoke(twin, false)
	c.grant(twin, true)
	c.mustHave("old", binding.Name, halfBinding.Name, contributor.ObjectName(twin))
	c.revoke(guest, true)
	c.revoke(half, true)
	c.mustHave("old", contributor.ObjectName(twin))
}

func TestWhatCannotBeRevokedHere(t *testing.T) {
	c := clusterFor(t)
	c.room("elsewhere")
	guest := guestOf("elsewhere", "vic", "edit")
	binding, policy := contributor.RoleBinding(guest), contributor.Policy(guest, testSettings())
	contributor.MarkDeclared(binding)
	contributor.MarkDeclared(policy)
	c.create(binding, policy)
	_, err := c.keeper.Revoke(c.ctx, guest)
	mustBe(t, err, Conflict, `declared as edit in spec.contributors of the Profile "elsewhere"`)
	c.grant(guest, false)
	_, err = c.keeper.Revoke(c.ctx, guestOf("elsewhere", "alice@example.com", "admin"))
	mustBe(t, err, Conflict, "owns the Profile")
	if got := c.sweep(c.keeper, "elsewhere"); got != (SweepReport{}) {
		t.Errorf("the sweep did %+v", got)
	}
	c.mustHave("elsewhere", binding.Name)
}

// TestPoliciesFollowTheSettings changes header and principals, as an operator does, with
// other people's policies around.
func TestPoliciesFollowTheSettings(t *testing.T) {
	c := clusterFor(t)
	c.room("settings")
	guest, old := guestOf("settings", "vic", "edit"), guestOf("settings", "old", "view")
	c.grant(guest, true)
	oldBinding, oldPolicy := oldPair(old)
	owners := contributor.Policy(guestOf("settings", "alice@example.com", "admin"), testSettings())
	owners.Name, owners.Labels[tenancy.ManagedByLabel] = tenancy.OwnerAuthorizationPolicy, tenancy.ManagedByValue
	foreign := contributor.Policy(guest, testSettings())
	foreign.Name = "deny-all"
	c.create(oldBinding, oldPolicy, owners, foreign)

	changed := testSettings()
	changed.UserIDHeader, changed.UserIDPrefix, changed.KFPUIPrincipal = "x-user", "p:", "other"
	k := c.newKeeper(changed, c.client)
	if got := c.sweep(k, "settings"); got != (SweepReport{Rewritten: 2}) {
		t.Errorf("the sweep did %+v", got)
	}
	policies := c.policies("settings")
	for name, guest := range map[string]contributor.Contributor{contributor.ObjectName(guest): guest, oldPolicy.Name: old} {
		want := contributor.Policy(guest, changed)
		if !proto.Equal(&want.Spec, &policies[name].Spec) {
			t.Errorf("%s is %v", name, &policies[name].Spec)
		}
	}
	for _, untouched := range []*istiov1beta1.AuthorizationPolicy{owners, foreign} {
		if policies[untouched.Name].ResourceVersion != untouched.ResourceVersion {
			t.Errorf("%s was written", untouched.Name)
		}
	}
	if got := c.sweep(k, "settings"); got != (SweepReport{}) {
		t.Errorf("the second sweep did %+v", got)
	}
}

// TestARoleBindingNamedLikeSomebodysPolicyDoesNotTouchIt has a tenant aim at the policies
// that close the namespace.
func TestARoleBindingNamedLikeSomebodysPolicyDoesNotTouchIt(t *testing.T) {
	c := clusterFor(t)
	c.room("aim")
	deny := &istiov1beta1.AuthorizationPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "aim", Name: "deny-all"}}
	deny.Spec.Action = istioapi.AuthorizationPolicy_DENY
	legacy := guestOf("aim", "leg", "edit")
	denyToo := deny.DeepCopy()
	denyToo.Name = contributor.LegacyName(legacy)
	guest := guestOf("aim", "mallory", "edit")
	aimed, aimedLegacy := contributor.RoleBinding(guest), contributor.RoleBinding(legacy)
	aimed.Name, aimedLegacy.Name = deny.Name, denyToo.Name
	c.create(deny, denyToo, aimed, aimedLegacy)

	if got := c.sweep(c.keeper, "aim"); got != (SweepReport{Created: 2}) {
		t.Errorf("the sweep did %+v", got)
	}
	for _, victim := range []contributor.Contributor{guest, legacy} {
		if c.policies("aim")[contributor.ObjectName(victim)] == nil {
			t.Errorf("%s has no policy", victim.Name)
		}
		c.revoke(victim, true)
	}
	policies := c.policies("aim")
	for _, p := range []*istiov1beta1.AuthorizationPolicy{deny, denyToo} {
		if live := policies[p.Name]; live == nil || live.ResourceVersion != p.ResourceVersion {
			t.Errorf("%s was touched", p.Name)
		}
	}
	if len(policies) != 2 || len(c.bindings("aim")) != 0 {
		t.Errorf("left are %d policies and %d RoleBindings", len(policies), len(c.bindings("aim")))
	}
}

// TestATamperedPair has a tenant add a subject, and somebody else strip a policy.
func TestATamperedPair(t *testing.T) {
	c := clusterFor(t)
	c.room("tampered")
	guest := guestOf("tampered", "vic", "edit")
	name := contributor.ObjectName(guest)
	tamper := func() {
		t.Helper()
		binding := c.bindings("tampered")[name]
		binding.Subjects = append(binding.Subjects, user("mallory"))
		binding.Subjects[1].APIGroup = rbacv1.GroupName
		if err := pg.Client.Update(c.ctx, binding); err != nil {
			t.Fatal(err)
		}
	}
	c.grant(guest, true)
	tamper()
	c.grant(guest, true)
	if got := c.bindings("tampered")[name].Subjects; len(got) != 1 {
		t.Errorf("the subjects are %v", got)
	}
	policy := c.policies("tampered")[name]
	policy.Annotations, policy.Spec.Rules = nil, nil
	if err := pg.Client.Update(c.ctx, policy); err != nil {
		t.Fatal(err)
	}
	if got := c.sweep(c.keeper, "tampered"); got != (SweepReport{Rewritten: 1}) {
		t.Errorf("the sweep did %+v", got)
	}
	tamper()
	c.revoke(guest, true)
	c.mustHave("tampered")
}

// TestNothingIsWrittenWhereNoProfileOwns has a Profile squat a namespace, and a pair in it
// that somebody made by hand.
func TestNothingIsWrittenWhereNoProfileOwns(t *testing.T) {
	c := clusterFor(t)
	foreign := namespaceOf("squatted", "x")
	foreign.OwnerReferences = nil
	squatter := profileOf("squatted", "", user("mallory"))
	half := contributor.RoleBinding(guestOf("squatted", "vic", "view"))
	_, orphan := oldPair(guestOf("squatted", "orphan", "view"))
	c.create(foreign, squatter, half, orphan)
	c.tidy("squatted", squatter)
	for _, namespace := range []string{"squatted", "kube-system", "no-such"} {
		_, err := c.keeper.Grant(c.ctx, guestOf(namespace, "mallory", "admin"))
		mustBe(t, err, NotFound, "No Profile owns")
	}
	if got := c.sweep(c.keeper, "squatted"); got != (SweepReport{}) {
		t.Errorf("the sweep did %+v", got)
	}
	// What is there can be taken away, and only that.
	c.revoke(guestOf("squatted", "nobody", "view"), false)
	c.revoke(guestOf("squatted", "orphan", "view"), true)
	if len(c.bindings("squatted")) != 1 || len(c.policies("squatted")) != 0 {
		t.Error("something else happened")
	}
	c.revoke(guestOf("squatted", "vic", "view"), true)
	c.mustHave("squatted")
}

// TestTheProfileIsGone leaves a namespace that names an owner and belongs to nobody.
func TestTheProfileIsGone(t *testing.T) {
	c := clusterFor(t)
	orphaned := namespaceOf("orphaned", "x")
	orphaned.OwnerReferences, orphaned.Annotations = nil, map[string]string{"owner": "alice@example.com"}
	c.create(orphaned)
	c.tidy("orphaned", orphaned)
	c.eventually("the Index knows", func() bool { return c.index.Standing("orphaned") == Orphaned })
	guest := guestOf("orphaned", "vic", "view")
	c.grant(guest, true)
	c.mustHave("orphaned", contributor.ObjectName(guest))
	c.revoke(guest, true)
	c.mustHave("orphaned")
}

func TestWhatNobodyCanGrant(t *testing.T) {
	k := NewKeeper(KeeperOptions{Index: ownedRoom()})
	tests := map[string]contributor.Contributor{
		"everybody":                    guestOf("team-a", "*", "view"),
		"a role that is none":          guestOf("team-a", "vic", "cluster-admin"),
		"a kind that is none":          {Namespace: "team-a", Kind: "ServiceAccount", Name: "default", Role: "edit"},
		"all who are signed in":        {Namespace: "team-a", Kind: "Group", Name: "system:authenticated", Role: "edit"},
		"all accounts of a namespace":  {Namespace: "team-a", Kind: "Group", Name: "system:serviceaccounts:x", Role: "edit"},
		"the one who is not signed in": guestOf("team-a", "system:anonymous", "view"),
	}
	for name, guest := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := k.Grant(t.Context(), guest)
			mustBe(t, err, Invalid, ".")
		})
	}
	if err := CheckGrant(guestOf("team-a", "system:serviceaccount:ci:bot", "edit")); err != nil {
		t.Errorf("a service account: %v", err)
	}
}

// TestTheAPIServerIsAway must not tell the caller about addresses.
func TestTheAPIServerIsAway(t *testing.T) {
	c := clusterFor(t)
	c.room("away")
	refused := errors.New("dial tcp 10.0.0.1:443: connection refused")
	k := c.faulty(interceptor.Funcs{List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error { return refused }})
	_, grantErr := k.Grant(c.ctx, guestOf("away", "vic", "view"))
	_, revokeErr := k.Revoke(c.ctx, guestOf("away", "vic", "view"))
	for _, err := range []error{grantErr, revokeErr} {
		mustBe(t, err, Unavailable, "Try again")
		if AsError(err).Message == err.Error() || strings.Contains(AsError(err).Message, "10.0.0.1") {
			t.Errorf("the message is %q", AsError(err).Message)
		}
	}
	if _, err := k.Sweep(c.ctx); !errors.Is(err, refused) {
		t.Errorf("the sweep says %v", err)
	}
}

// TestTheMeshIsTurnedOff has the kind there and the operator say no. What was made before
// still goes with its RoleBinding.
func TestTheMeshIsTurnedOff(t *testing.T) {
	c := clusterFor(t)
	c.room("meshless")
	before, after := guestOf("meshless", "before", "edit"), guestOf("meshless", "after", "edit")
	c.grant(before, true)
	c.keeper.Mesh = false
	c.grant(after, true)
	c.grant(after, false)
	if got := c.sweep(c.keeper, "meshless"); got != (SweepReport{}) {
		t.Errorf("the sweep did %+v", got)
	}
	if len(c.bindings("meshless")) != 2 || len(c.policies("meshless")) != 1 {
		t.Error("a policy was made or removed")
	}
	c.revoke(before, true)
	if len(c.bindings("meshless")) != 1 || len(c.policies("meshless")) != 0 {
		t.Error("the pair was not removed whole")
	}
}

// TestTheSweepPassesOverNamespacesThatAreGoing has a half-made pair in a namespace that is
// held back from disappearing.
func TestTheSweepPassesOverNamespacesThatAreGoing(t *testing.T) {
	c := clusterFor(t)
	c.room("going")
	held := contributor.RoleBinding(guestOf("going", "vic", "edit"))
	held.Finalizers = []string{"example.com/hold"}
	c.create(held)
	if err := pg.Client.Delete(c.ctx, namespaceOf("going", "x")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		patch := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`))
		_ = pg.Client.Patch(context.WithoutCancel(c.ctx), held, patch)
	})
	if got := c.sweep(c.keeper, "going"); got != (SweepReport{}) {
		t.Errorf("the sweep did %+v", got)
	}
	_, err := c.keeper.Grant(c.ctx, guestOf("going", "other", "edit"))
	mustBe(t, err, Conflict, "being removed")
}

// TestSomebodyElseHasTheName must neither take the name nor what it says.
func TestSomebodyElseHasTheName(t *testing.T) {
	c := clusterFor(t)
	c.room("name")
	guest := guestOf("name", "vic", "edit")
	squatter := contributor.RoleBinding(guestOf("name", "other", "view"))
	squatter.Name = contributor.ObjectName(guest)
	c.create(squatter)
	_, err := c.keeper.Grant(c.ctx, guest)
	mustBe(t, err, Conflict, "in the way")
	c.revoke(guest, false)
	if c.bindings("name")[squatter.Name] == nil {
		t.Error("the other's RoleBinding is gone")
	}
}

// TestOthersTroubleIsNotOnes has one policy that cannot be healed and somebody else ask.
func TestOthersTroubleIsNotOnes(t *testing.T) {
	c := clusterFor(t)
	c.room("trouble")
	c.create(contributor.RoleBinding(guestOf("trouble", "half", "edit")))
	k := c.faulty(interceptor.Funcs{Create: func(ctx context.Context, with client.WithWatch, o client.Object, opts ...client.CreateOption) error {
		if _, isPolicy := o.(*istiov1beta1.AuthorizationPolicy); isPolicy && o.GetAnnotations()["user"] == "half" {
			return errors.New("no")
		}
		return with.Create(ctx, o, opts...)
	}})
	if changed, err := k.Grant(c.ctx, guestOf("trouble", "vic", "edit")); err != nil || !changed {
		t.Errorf("Grant = %v, %v", changed, err)
	}
	c.eventually("the Index has caught up", func() bool { return c.caughtUp("trouble") })
	if _, err := k.Sweep(c.ctx); err == nil || !strings.Contains(err.Error(), "namespace trouble") {
		t.Errorf("the sweep says %v", err)
	}
}

// TestWithoutIstio takes the kind away and brings it back. It must stay the last of those
// that need the control plane, or at least run alone, as all here do.
func TestWithoutIstio(t *testing.T) {
	c := clusterFor(t)
	c.room("no-istio")
	before, after := guestOf("no-istio", "before", "edit"), guestOf("no-istio", "after", "edit")
	c.grant(before, true)
	if err := pg.RemoveMesh(c.ctx); err != nil {
		t.Fatal(err)
	}
	// Once with a client that knew the kind, once with one that never did.
	fresh := clusterFor(t)
	c.grant(after, true)
	fresh.grant(after, false)
	c.sweep(c.keeper, "no-istio")
	fresh.sweep(fresh.keeper, "no-istio")
	fresh.revoke(before, true)
	if len(c.bindings("no-istio")) != 1 {
		t.Error("the guest was not revoked")
	}
	if err := pg.InstallMesh(c.ctx); err != nil {
		t.Fatal(err)
	}
	if got := c.sweep(fresh.keeper, "no-istio"); got.Created != 1 {
		t.Errorf("the sweep did %+v", got)
	}
	c.mustHave("no-istio", contributor.ObjectName(after))
}
