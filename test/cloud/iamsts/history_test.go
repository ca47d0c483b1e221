package iamsts

import (
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestHistoryIsEveryStateInOrder(t *testing.T) {
	s := start(t, Options{})
	client, key := s.iam(t), s.Credentials().AccessKeyID
	s.AddRole("alice", "/", "anything", nil)
	if err := update(t.Context(), client, "alice", services); err != nil {
		t.Fatal(err)
	}
	if err := s.SetTrustPolicy("alice", other); err != nil {
		t.Fatal(err)
	}
	if _, err := client.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: aws.String("alice")}); err != nil {
		t.Fatal(err)
	}
	if got := s.TrustPolicy("alice"); got != "" {
		t.Errorf("of a deleted role: %s", got)
	}
	if err := s.SetTrustPolicy("alice", other); err == nil {
		t.Error("the policy of a deleted role was set")
	}
	s.AddRole("alice", "/", services, nil)
	s.RemoveRole("alice")
	want := []Version{{Policy: "anything"}, {Policy: services, By: key}, {Policy: other}, {By: key}, {Policy: services}, {}}
	got := s.History("alice")
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Version{}, "At")); diff != "" {
		t.Error(diff)
	}
	for i := 1; i < len(got); i++ {
		if got[i].At.Before(got[i-1].At) {
			t.Errorf("version %d is from before the one before", i)
		}
	}
}

func TestAdmits(t *testing.T) {
	s := start(t, Options{})
	const cluster, abroad = "https://oidc.example.com/id/a", "https://oidc.example.com/id/b"
	s.AddRole("alice", "/", trusting(s, cluster, alice), nil)
	s.AddRole("broken", "/", "{", nil)
	tests := map[string]struct {
		role, issuer, subject, audience string
		want                            bool
	}{
		"the subject":      {"alice", cluster, alice, audience, true},
		"another subject":  {"alice", cluster, bob, audience, false},
		"another audience": {"alice", cluster, alice, "x", false},
		"another issuer":   {"alice", abroad, alice, audience, false},
		"no role":          {"bob", cluster, alice, audience, false},
		"a broken policy":  {"broken", cluster, alice, audience, false},
	}
	for name, test := range tests {
		if got := s.Admits(test.role, test.issuer, test.subject, test.audience); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestRequestsAreCountedByActionAndRole(t *testing.T) {
	s := start(t, Options{})
	s.AddRole("alice", "/", services, nil)
	s.AddRole("bob", "/", services, nil)
	client := s.iam(t)
	var together sync.WaitGroup
	for range 8 {
		together.Go(func() {
			for _, role := range []string{"alice", "bob"} {
				if err := update(t.Context(), client, role, other); err != nil {
					t.Error(err)
				}
			}
		})
	}
	together.Wait()
	read(t, client)
	_ = update(t.Context(), client, "nobody", other)
	if diff := cmp.Diff(map[string]int{"UpdateAssumeRolePolicy": 17, "GetRole": 1}, s.Requests()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"UpdateAssumeRolePolicy": 8, "GetRole": 1}, s.RequestsFor("alice")); diff != "" {
		t.Error(diff)
	}
	if got := len(s.History("bob")); got != 9 {
		t.Errorf("%d versions of bob's policy", got)
	}
	s.ResetRequests()
	if got := s.Requests(); len(got) != 0 {
		t.Errorf("after a reset: %v", got)
	}
}
