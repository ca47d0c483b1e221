package controller

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa"
)

func TestWithoutFlagsTheAWSPluginHasItsDefaults(t *testing.T) {
	var got awsirsa.Options
	o, err := parseOptions(nil, io.Discard, environment(nil), aws(&got))
	if err != nil {
		t.Fatal(err)
	}
	want := awsirsa.DefaultTiming()
	if diff := cmp.Diff(want, got.Timing); diff != "" {
		t.Errorf("timing (-want +got):\n%s", diff)
	}
	if got.RequireRoleTag || got.DefaultRole != "" || got.TrustPolicyLimit != 2048 || got.RequestsPerSecond != 5 || o.issuer != "" {
		t.Errorf("options are %+v, issuer %q", got, o.issuer)
	}
}

func TestFlagsOfTheAWSPlugin(t *testing.T) {
	var got awsirsa.Options
	o, err := parseOptions([]string{"-aws-require-role-tag", "-aws-default-role=arn:aws:iam::123456789012:role/kf/{profile}",
		"-aws-trust-policy-limit=4096", "-aws-requests-per-second=0.5", "-aws-drift-check-interval=30m",
		"-service-account-issuer=https://oidc.example.com/id/1"}, io.Discard, environment(nil), aws(&got))
	if err != nil {
		t.Fatal(err)
	}
	timing := awsirsa.DefaultTiming()
	timing.Drift = 30 * time.Minute
	if diff := cmp.Diff(timing, got.Timing); diff != "" {
		t.Errorf("timing (-want +got):\n%s", diff)
	}
	if !got.RequireRoleTag || got.DefaultRole != "arn:aws:iam::123456789012:role/kf/{profile}" || got.TrustPolicyLimit != 4096 ||
		got.RequestsPerSecond != 0.5 || o.issuer != "https://oidc.example.com/id/1" {
		t.Errorf("options are %+v, issuer %q", got, o.issuer)
	}
}

func TestWrongFlagsOfTheAWSPluginAreRefusedWithAWordOnWhy(t *testing.T) {
	tests := map[string]string{
		"-aws-trust-policy-limit=0":                        "must be a number of characters",
		"-aws-trust-policy-limit=-1":                       "must be a number of characters",
		"-aws-requests-per-second=0":                       "must be more than 0",
		"-aws-requests-per-second=-1":                      "must be more than 0",
		"-aws-drift-check-interval=999ms":                  "at least 1s",
		"-aws-drift-check-interval=0":                      "at least 1s",
		"-aws-default-role=alice":                          `-aws-default-role: "alice" is not the ARN of a role; {profile} stands for`,
		"-aws-default-role=arn:aws:iam::{profile}:role/r":  "-aws-default-role: ",
		"-service-account-issuer=oidc.example.com":         "-service-account-issuer: ",
		"-service-account-issuer=http://oidc.example.com":  "is not an https URL",
		"-service-account-issuer=https://oidc.example/?x=": "no user, query or fragment",
	}
	for argument, complaint := range tests {
		if _, err := parseOptions([]string{argument}, io.Discard, environment(nil), aws(&awsirsa.Options{})); err == nil || !strings.Contains(err.Error(), complaint) {
			t.Errorf("%s is answered with %v, want a complaint with %q", argument, err, complaint)
		}
	}
}

func TestWhatTheAWSFlagsCanBeAtLeast(t *testing.T) {
	for _, argument := range []string{"-aws-trust-policy-limit=1", "-aws-requests-per-second=0.001", "-aws-drift-check-interval=1s"} {
		if _, err := parseOptions([]string{argument}, io.Discard, environment(nil), aws(&awsirsa.Options{})); err != nil {
			t.Errorf("%s is answered with %v", argument, err)
		}
	}
}
