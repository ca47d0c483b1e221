package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"k8s.io/apimachinery/pkg/runtime"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
	"github.com/kfprofiles/kfprofiles/test/cloud/issuer"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// awsFigures are what it costs to bind Profiles that arrive together to shared AWS roles.
type awsFigures struct {
	Profiles int `json:"profiles"`
	Roles    int `json:"roles"`
	// GetRole and UpdateTrust are the requests to IAM until the last Profile was ready.
	GetRole     int `json:"get_role"`
	UpdateTrust int `json:"update_trust"`
	// RestartCalls are the requests to IAM of a new controller that finds all bound.
	RestartCalls int `json:"restart_calls"`
	// Seconds is the time from the first create until the last Profile was ready.
	Seconds float64 `json:"seconds"`
}

// measureAWS creates Profiles that take turns in naming the roles, which begin as common
// guides make them.
func measureAWS(ctx context.Context, profiles, roles int, patience time.Duration, say progress) (f awsFigures, err error) {
	f = awsFigures{Profiles: profiles, Roles: roles}
	err = onFreshControlPlane(ctx, profiles, patience, say, func(s *stage) (err error) {
		aws, arns, err := startAWS(ctx, s.plane, roles)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.stopControllers(), aws.Close()) }()
		s.controllerOptions = playground.ControllerOptions{Environment: aws.Environment()}
		if err := s.measureBinding(ctx, &f, aws, arns); err != nil {
			return err
		}
		f.RestartCalls, err = s.requestsAfterRestart(ctx, aws)
		return err
	})
	return f, err
}

func startAWS(ctx context.Context, plane *playground.Playground, roles int) (*iamsts.Server, []string, error) {
	name, err := issuer.OfAPIServer(ctx, plane.Admin)
	if err != nil {
		return nil, nil, err
	}
	aws, err := iamsts.Start(iamsts.Options{})
	if err != nil {
		return nil, nil, err
	}
	provider := aws.AddProvider(name, "sts.amazonaws.com")
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":%q},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{%q:"sts.amazonaws.com"}}}]}`,
		provider, strings.TrimPrefix(name, "https://")+":aud")
	var arns []string
	for i := range roles {
		arns = append(arns, aws.AddRole(fmt.Sprintf("shared-%02d", i+1), "/", policy, nil))
	}
	return aws, arns, nil
}

// measureBinding counts what it costs to bind all Profiles.
func (s *stage) measureBinding(ctx context.Context, f *awsFigures, aws *iamsts.Server, arns []string) (err error) {
	s.say("the controller gets %d Profiles on %d AWS roles", f.Profiles, f.Roles)
	f.Seconds, err = s.bindAll(ctx, func(i int) profilev1.Plugin {
		return profilev1.Plugin{Kind: "AwsIamForServiceAccount",
			Spec: &runtime.RawExtension{Raw: fmt.Appendf(nil, `{"awsIamRole":%q}`, arns[i%len(arns)])}}
	})
	f.GetRole, f.UpdateTrust = aws.Requests()["GetRole"], aws.Requests()["UpdateAssumeRolePolicy"]
	s.say("all are bound after %.2f s: %v", f.Seconds, aws.Requests())
	return err
}

func (f awsFigures) print(output io.Writer) error {
	table := tabwriter.NewWriter(output, 0, 0, 3, ' ', 0)
	fmt.Fprintf(table, "\nAWS\taim\t%d Profiles on %d roles\n", f.Profiles, f.Roles)
	fmt.Fprintf(table, "first create to last Ready, s\t\t%.2f\n", f.Seconds)
	fmt.Fprintf(table, "IAM: GetRole\t\t%d\n", f.GetRole)
	fmt.Fprintf(table, "IAM: UpdateAssumeRolePolicy\t<= %d\t%d\n", f.Roles, f.UpdateTrust)
	fmt.Fprintf(table, "IAM: requests after a restart\t0\t%d\n", f.RestartCalls)
	return table.Flush()
}

// parseAWS reads how many Profiles on how many roles, such as 1000/40. Zero means none.
func parseAWS(text string) (profiles, roles int, err error) {
	if text == "0" {
		return 0, 0, nil
	}
	if n, err := fmt.Sscanf(text, "%d/%d", &profiles, &roles); n != 2 || err != nil || profiles < 1 || roles < 1 {
		return 0, 0, fmt.Errorf("-aws is %q; it must be Profiles/roles, such as 1000/40, or 0 for none", text)
	}
	return profiles, roles, nil
}
