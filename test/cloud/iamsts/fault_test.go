package iamsts

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"
)

// other is a trust policy that differs from services.
const other = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"eks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

func update(ctx context.Context, client *iam.Client, role, policy string) error {
	_, err := client.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: &role, PolicyDocument: &policy})
	return err
}

// read is what GetRole answers as the trust policy of alice.
func read(t *testing.T, client *iam.Client) string {
	t.Helper()
	out, err := client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("alice")})
	if err != nil {
		t.Fatal(err)
	}
	document, err := url.PathUnescape(aws.ToString(out.Role.AssumeRolePolicyDocument))
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func TestFaultsOfAWrite(t *testing.T) {
	tests := map[string]struct {
		fault        Fault
		fails, wrote bool
	}{
		"none":                         {Fault{}, false, true},
		"throttle":                     {Throttle(), true, false},
		"request limit":                {RequestLimitExceeded(), true, false},
		"server error":                 {ServerError(), true, false},
		"server error after the write": {ServerErrorAfterWrite(), true, true},
		"access denied":                {AccessDenied(), true, false},
		"timeout before":               {TimeoutBefore(), true, false},
		"timeout after the write":      {TimeoutAfterWrite(), true, true},
		"delay":                        {Delay(time.Millisecond), false, true},
		"timeout after a delay":        {TimeoutAfterWrite().After(time.Millisecond), true, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := start(t, Options{})
			s.AddRole("alice", "/", services, nil)
			s.Fault(func(Request) Fault { return test.fault })
			if err := update(t.Context(), s.iam(t), "alice", other); (err != nil) != test.fails {
				t.Errorf("got %v", err)
			}
			if got := s.TrustPolicy("alice"); (got == other) != test.wrote {
				t.Errorf("the policy is now %s", got)
			}
		})
	}
}

func TestAFaultKnowsTheRequest(t *testing.T) {
	s := start(t, Options{})
	s.AddRole("alice", "/", services, nil)
	user := s.AddUser("writer", Permission{Actions: []string{"*"}, Resources: []string{"*"}})
	var seen []Request
	s.Fault(func(r Request) Fault {
		seen = append(seen, r)
		return Fault{}
	})
	read(t, s.iam(t))
	if err := update(t.Context(), iam.NewFromConfig(once(t, s.ConfigFor(user))), "alice", other); err != nil {
		t.Fatal(err)
	}
	_, _ = assume(t.Context(), s.sts(t), "arn:aws:iam::123456789012:role/a/b", "token")
	want := []Request{
		{Action: "GetRole", Role: "alice", N: 1, AccessKey: s.Credentials().AccessKeyID},
		{Action: "UpdateAssumeRolePolicy", Role: "alice", N: 2, AccessKey: user.AccessKeyID},
		{Action: "AssumeRoleWithWebIdentity", Role: "b", N: 3},
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
}

func TestTheSDKRetriesThroughFaults(t *testing.T) {
	for name, fault := range map[string]Fault{
		"throttle": Throttle(), "request limit": RequestLimitExceeded(), "server error": ServerError(), "timeout": TimeoutBefore(),
		"timeout after the write": TimeoutAfterWrite(),
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, Options{})
			s.AddRole("alice", "/", services, nil)
			s.Fault(func(r Request) Fault {
				if r.N == 1 {
					return fault
				}
				return Fault{}
			})
			config := once(t, s.Config())
			config.RetryMaxAttempts = 0
			config.Retryer = func() aws.Retryer {
				return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = 2, time.Millisecond })
			}
			if err := update(t.Context(), iam.NewFromConfig(config), "alice", other); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(map[string]int{"UpdateAssumeRolePolicy": 2}, s.Requests()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAStaleReadIsFromBeforeTheLastChange(t *testing.T) {
	c := startCluster(t, "")
	s := start(t, Options{IssuerClient: c.Client()})
	s.AddProvider(c.URL(), audience)
	arn := s.AddRole("alice", "/", services, nil)
	s.Fault(func(Request) Fault { return StaleRead() })
	client, token := s.iam(t), sign(t, c.key, "key-1", c.claims())
	if got := read(t, client); got != services {
		t.Errorf("without a change: %s", got)
	}
	if err := update(t.Context(), client, "alice", trusting(s, c.URL(), alice)); err != nil {
		t.Fatal(err)
	}
	if got := read(t, client); got != services {
		t.Errorf("after a change: %s", got)
	}
	_, err := assume(t.Context(), s.sts(t), arn, token)
	wantCode(t, err, "AccessDenied")
	s.Fault(nil)
	if got := read(t, client); got != trusting(s, c.URL(), alice) {
		t.Errorf("later: %s", got)
	}
	if _, err := assume(t.Context(), s.sts(t), arn, token); err != nil {
		t.Error(err)
	}
}

func TestADelayedWriteArrivesAfterTheClientHungUp(t *testing.T) {
	s := start(t, Options{})
	s.AddRole("alice", "/", services, nil)
	ctx, hangUp := context.WithCancel(t.Context())
	s.Fault(func(Request) Fault {
		hangUp()
		return Delay(50 * time.Millisecond)
	})
	if err := update(ctx, s.iam(t), "alice", other); err == nil {
		t.Error("the client waited for the answer")
	}
	for s.TrustPolicy("alice") != other {
		select {
		case <-t.Context().Done():
			t.Fatal("the write never arrived")
		case <-time.After(time.Millisecond):
		}
	}
}

func TestCloseDoesNotWaitForADelay(t *testing.T) {
	s, err := Start(Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.AddRole("alice", "/", services, nil)
	arrived := make(chan struct{})
	s.Fault(func(Request) Fault {
		close(arrived)
		return Delay(time.Hour)
	})
	ended := make(chan error, 1)
	client := s.iam(t)
	go func() { ended <- update(t.Context(), client, "alice", other) }()
	<-arrived
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "UpdateAssumeRolePolicy") {
		t.Errorf("the client got %v", err)
	}
	if got := s.TrustPolicy("alice"); got != services {
		t.Errorf("written after Close: %s", got)
	}
}

func TestNothingIsWrittenAfterClose(t *testing.T) {
	s, err := Start(Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.AddRole("alice", "/", services, nil)
	arrived := make(chan struct{})
	s.Fault(func(Request) Fault {
		close(arrived)
		<-s.endpoint.Closing().Done()
		// Close has all the time to return too early.
		<-time.After(20 * time.Millisecond)
		return Fault{}
	})
	ended := make(chan error, 1)
	client := s.iam(t)
	go func() { ended <- update(t.Context(), client, "alice", other) }()
	<-arrived
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if got := s.TrustPolicy("alice"); got != other {
		t.Errorf("Close returned before the request was done: %s", got)
	}
	if err := <-ended; err == nil {
		t.Error("the client got an answer over a closed connection")
	}
}
