package awsirsa

import (
	"context"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"
	"github.com/go-logr/logr"

	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
)

// oneRole is an IAM without a network, so that time can be made to pass. It has one role
// and throttles the first request.
type oneRole struct {
	mu     sync.Mutex
	policy string
	asked  []time.Time
}

func (o *oneRole) receive() error {
	o.asked = append(o.asked, time.Now())
	if len(o.asked) == 1 {
		return &smithy.GenericAPIError{Code: "Throttling", Message: "Rate exceeded"}
	}
	return nil
}

func (o *oneRole) GetRole(context.Context, *iam.GetRoleInput, ...func(*iam.Options)) (*iam.GetRoleOutput, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return &iam.GetRoleOutput{Role: &types.Role{Arn: aws.String(aliceRole), AssumeRolePolicyDocument: aws.String(url.PathEscape(o.policy))}}, o.receive()
}

func (o *oneRole) UpdateAssumeRolePolicy(_ context.Context, in *iam.UpdateAssumeRolePolicyInput, _ ...func(*iam.Options)) (*iam.UpdateAssumeRolePolicyOutput, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.policy = aws.ToString(in.PolicyDocument)
	return &iam.UpdateAssumeRolePolicyOutput{}, o.receive()
}

func TestRequestsToIAMAreRationedAndThrottlingSlowsThemDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		role, host := &oneRole{policy: foreignPolicy}, plugintest.NewHost()
		p, err := New(Options{IAM: role, Issuer: ourIssuer, Host: host, Log: logr.Discard(), RequestsPerSecond: 0.5, Timing: shortTiming()})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer cancel()
		go func() { _ = p.Start(ctx) }()
		if err := host.Until(t.Context(), "alice", func() error { return p.Apply(t.Context(), "alice", bindingTo(aliceRole)) }); err != nil {
			t.Fatal(err)
		}
		// Throttled, a read, a write and a read, at a rate of a quarter that grows by a
		// twentieth each time. At the rate of a half it would be six seconds.
		if len(role.asked) != 4 {
			t.Fatalf("IAM got %d requests, want 4", len(role.asked))
		}
		if took := role.asked[3].Sub(role.asked[0]); took < 11*time.Second || took > 12*time.Second {
			t.Errorf("the requests took %s", took)
		}
	})
}
