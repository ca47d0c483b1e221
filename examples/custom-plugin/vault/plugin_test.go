package vault

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/examples/custom-plugin/vault/vaulttest"
	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
)

const aliceRole = "kubeflow.alice.default-editor"

// stage is the plugin at work for the Profile alice.
type stage struct {
	*testing.T
	*Plugin
	vault *vaulttest.Server
	clock time.Time
}

func newStage(t *testing.T, change ...func(*Options)) *stage {
	t.Helper()
	server, o := startVault(t)
	server.PutPolicy("research")
	server.PutPolicy("billing")
	for _, how := range change {
		how(&o)
	}
	if err := o.Check(); err != nil {
		t.Fatal(err)
	}
	s := &stage{T: t, vault: server, clock: time.Now()}
	s.Plugin = newPlugin(o, http.DefaultTransport, func() time.Time { return s.clock })
	return s
}

// alice is the one binding that a spec asks for.
func (s *stage) alice(spec string) plugin.Binding {
	s.Helper()
	planned, err := s.Plan(s.Context(), "alice", []byte(spec))
	if err != nil || len(planned) != 1 {
		s.Fatalf("%s asks for %v, %v", spec, planned, err)
	}
	return planned[0]
}

func (s *stage) apply(b plugin.Binding) {
	s.Helper()
	if err := s.Apply(s.Context(), "alice", b); err != nil {
		s.Error(err)
	}
}

func (s *stage) revoke(b plugin.Binding) {
	s.Helper()
	if err := s.Revoke(s.Context(), "alice", b); err != nil {
		s.Error(err)
	}
}

// role is alice's in Vault.
func (s *stage) role() vaulttest.Role { return s.vault.Now().Methods[ourMethod][aliceRole] }

func (s *stage) mustBe(want vaulttest.Role) {
	s.Helper()
	if diff := cmp.Diff(want, s.role()); diff != "" {
		s.Errorf("the role (-want +got):\n%s", diff)
	}
}

// writes are the requests that change something.
func (s *stage) writes() int {
	return len(slices.DeleteFunc(s.vault.Requests(), func(r string) bool { return strings.HasPrefix(r, "GET ") }))
}

// roleFor is what we write for alice.
func roleFor(policy string, ttl int64) vaulttest.Role {
	return vaulttest.Role{Names: []string{"default-editor"}, Namespaces: []string{"alice"}, Policies: []string{policy}, TTL: ttl}
}

func TestARoleIsForOneAccountAlone(t *testing.T) {
	s := newStage(t, func(o *Options) { o.Audience = "vault" })
	b := s.alice(`{"policy":"research","tokenTTLSeconds":600}`)
	s.apply(b)
	want := roleFor("research", 600)
	want.Audience = "vault"
	s.mustBe(want)
	s.revoke(b)
	s.mustBe(vaulttest.Role{})
}

func TestAPolicyThatIsNotThere(t *testing.T) {
	s := newStage(t)
	b := s.alice(`{"policy":"later"}`)
	plugintest.WantError(t, s.Apply(t.Context(), "alice", b), plugin.Refused, profilev1.ReasonIdentityNotFound, "no policy later", "vault policy write later")
	s.mustBe(vaulttest.Role{})
	s.vault.PutPolicy("later")
	s.apply(b)
	s.vault.RemovePolicy("later")
	s.clock = s.clock.Add(time.Hour)
	_, err := s.Check(t.Context(), "alice", b)
	plugintest.WantError(t, err, plugin.Refused, profilev1.ReasonIdentityNotFound)
}

func TestANewPolicyReplacesTheOldOneInPlace(t *testing.T) {
	s := newStage(t)
	old, now := s.alice(`{"policy":"research"}`), s.alice(`{"policy":"billing"}`)
	s.apply(old)
	s.apply(now)
	s.revoke(old)
	s.mustBe(roleFor("billing", 0))

	t.Run("and back before the old one was taken back", func(t *testing.T) {
		s.apply(old)
		s.apply(now)
		s.revoke(now)
		s.mustBe(vaulttest.Role{})
		if _, err := s.Check(t.Context(), "alice", old); err != nil {
			t.Fatal(err)
		}
		s.mustBe(roleFor("research", 0))
	})
}

func TestWhatOthersSetOnOurRoleStays(t *testing.T) {
	s := newStage(t)
	changed := roleFor("billing", 5)
	changed.BoundCIDRs = []string{"10.0.0.0/8"}
	s.vault.PutRole(ourMethod, aliceRole, changed)
	s.apply(s.alice(`{"policy":"research"}`))
	want := roleFor("research", 0)
	want.BoundCIDRs = changed.BoundCIDRs
	s.mustBe(want)
}

func TestWhatWeSayIsRepaired(t *testing.T) {
	want := roleFor("research", 600)
	want.Audience = "vault"
	for name, spoil := range map[string]func(*vaulttest.Role){
		"policy":   func(r *vaulttest.Role) { r.Policies = []string{"billing"} },
		"TTL":      func(r *vaulttest.Role) { r.TTL = 0 },
		"audience": func(r *vaulttest.Role) { r.Audience = "" },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, func(o *Options) { o.Audience = "vault" })
			spoiled := want
			spoil(&spoiled)
			s.vault.PutRole(ourMethod, aliceRole, spoiled)
			s.apply(s.alice(`{"policy":"research","tokenTTLSeconds":600}`))
			s.mustBe(want)
		})
	}
}

// TestOneAfterTheOther has an old binding and a new one of the same role carried out at the
// same time, in all orders that chance brings: the one that is taken back must never take
// the other with it.
func TestOneAfterTheOther(t *testing.T) {
	s := newStage(t)
	old, now := s.alice(`{"policy":"research"}`), s.alice(`{"policy":"billing"}`)
	for range 100 {
		s.apply(old)
		var group sync.WaitGroup
		group.Go(func() { s.apply(now) })
		group.Go(func() { s.revoke(old) })
		group.Wait()
		s.mustBe(roleFor("billing", 0))
		if t.Failed() {
			return
		}
	}
}

func TestRolesOfOthersAreLeftAlone(t *testing.T) {
	for name, test := range map[string]struct {
		role vaulttest.Role
		// grants tells whether the role gives alice the policy all the same.
		grants bool
	}{
		"another account":        {vaulttest.Role{Names: []string{"builder"}, Namespaces: []string{"alice"}, Policies: []string{"research"}}, false},
		"another namespace":      {vaulttest.Role{Names: []string{"default-editor"}, Namespaces: []string{"bob"}, Policies: []string{"research"}}, false},
		"one account more":       {vaulttest.Role{Names: []string{"default-editor", "builder"}, Namespaces: []string{"alice"}, Policies: []string{"research"}}, true},
		"all accounts":           {vaulttest.Role{Names: []string{"*"}, Namespaces: []string{"alice"}, Policies: []string{"research"}}, true},
		"one namespace more":     {vaulttest.Role{Names: []string{"default-editor"}, Namespaces: []string{"alice", "bob"}, Policies: []string{"research"}}, true},
		"namespaces by pattern":  {vaulttest.Role{Names: []string{"default-editor"}, Namespaces: []string{"al*"}, Policies: []string{"research"}}, true},
		"namespaces by label":    {vaulttest.Role{Names: []string{"default-editor"}, Namespaces: []string{"alice"}, Selector: `{"matchLabels":{}}`, Policies: []string{"research"}}, true},
		"one policy more":        {vaulttest.Role{Names: []string{"default-editor"}, Namespaces: []string{"alice"}, Policies: []string{"research", "admin"}}, true},
		"other policies":         {vaulttest.Role{Names: []string{"default-editor"}, Namespaces: []string{"alice"}, Policies: []string{"admin", "billing"}}, false},
		"no policies":            {vaulttest.Role{Names: []string{"default-editor"}, Namespaces: []string{"alice"}}, false},
		"all but another policy": {vaulttest.Role{Names: []string{"*"}, Namespaces: []string{"*"}, Policies: []string{"billing"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.vault.PutRole(ourMethod, aliceRole, test.role)
			b := s.alice(`{"policy":"research"}`)
			plugintest.WantError(t, s.Apply(t.Context(), "alice", b), plugin.Refused, ReasonForeignRole,
				"The role "+aliceRole, "default-editor", "namespace alice", "vault delete auth/kubernetes/role/"+aliceRole)
			err := s.Revoke(t.Context(), "alice", b)
			if test.grants {
				plugintest.WantError(t, err, plugin.Refused, ReasonForeignRole, "still gives the policy research", "vault delete auth/kubernetes/role/"+aliceRole)
			} else if err != nil {
				t.Errorf("Revoke of what is not ours and gives nothing: %v", err)
			}
			s.mustBe(test.role)
			if n := s.writes(); n != 0 {
				t.Errorf("Vault was asked for %d changes", n)
			}
		})
	}
}

func TestCheckRepairsWhenItIsTime(t *testing.T) {
	s := newStage(t)
	b := s.alice(`{"policy":"research"}`)
	s.apply(b)
	s.vault.PutRole(ourMethod, aliceRole, vaulttest.Role{})
	before := len(s.vault.Requests())
	s.clock = s.clock.Add(time.Hour - time.Second)
	if again, err := s.Check(t.Context(), "alice", b); err != nil || again != time.Second || len(s.vault.Requests()) != before {
		t.Errorf("a check too early: again after %s, %v, %v", again, err, s.vault.Requests()[before:])
	}
	s.clock = s.clock.Add(time.Second)
	if again, err := s.Check(t.Context(), "alice", b); err != nil || again != time.Hour {
		t.Errorf("again after %s, %v", again, err)
	}
	s.mustBe(roleFor("research", 0))
}

// TestANewProcessAsksNothingAtFirst has the checks of a new process come one by one.
func TestANewProcessAsksNothingAtFirst(t *testing.T) {
	s := newStage(t)
	b := s.alice(`{"policy":"research"}`)
	first, err := s.Check(t.Context(), "alice", b)
	if err != nil || first <= 0 || first > time.Hour || len(s.vault.Requests()) > 0 {
		t.Errorf("the first check wants to be called after %s, %v, and made %v", first, err, s.vault.Requests())
	}
	s.clock = s.clock.Add(first)
	if _, err := s.Check(t.Context(), "alice", b); err != nil || len(s.vault.Requests()) == 0 {
		t.Errorf("the second made %v, %v", s.vault.Requests(), err)
	}
}

// TestRecordsOutliveFlags has the controller started with other flags than those that a role
// was made with.
func TestRecordsOutliveFlags(t *testing.T) {
	s := newStage(t)
	b := s.alice(`{"policy":"research"}`)
	s.apply(b)
	s.options.RolePrefix, s.options.AuthPath = "other.", otherMethod
	s.revoke(b)
	s.mustBe(vaulttest.Role{})
}

func TestSettingsThatCannotBeRead(t *testing.T) {
	s := newStage(t)
	b := plugin.Binding{ServiceAccount: "default-editor", Identity: "research", Settings: "["}
	_, checked := s.Check(t.Context(), "alice", b)
	for _, err := range []error{s.Apply(t.Context(), "alice", b), s.Revoke(t.Context(), "alice", b), checked} {
		if err == nil || !strings.Contains(err.Error(), "settings of the binding of default-editor to research") {
			t.Errorf("got %v", err)
		}
	}
}
