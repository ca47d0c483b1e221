package controller

import (
	"io"
	"strings"
	"testing"

	"github.com/kfprofiles/kfprofiles/internal/plugin/awspodidentity"
	"github.com/kfprofiles/kfprofiles/internal/plugin/azureworkloadidentity"
	"github.com/kfprofiles/kfprofiles/internal/plugin/gcpworkloadidentity"
)

// clouds are the flags of the plugins besides that for IAM roles, which has tests of its own.
type clouds struct {
	eks   awspodidentity.Options
	gcp   gcpworkloadidentity.Options
	azure azureworkloadidentity.Options
}

func parseClouds(arguments ...string) (clouds, error) {
	var c clouds
	_, err := parseOptions(arguments, io.Discard, environment(nil), eks(&c.eks), gcp(&c.gcp), azure(&c.azure))
	return c, err
}

func TestFlagsOfTheOtherClouds(t *testing.T) {
	c, err := parseClouds()
	if err != nil || c.gcp.Timing != gcpworkloadidentity.DefaultTiming() || c.eks.Timing != awspodidentity.DefaultTiming() || c.azure.Timing != azureworkloadidentity.DefaultTiming() {
		t.Errorf("without flags: %+v, %v", c, err)
	}
	c, err = parseClouds("-workload-identity=kf-{profile}@research.iam.gserviceaccount.com", "-gcp-identity-namespace=fleet-host", "-gcp-requests-per-second=2",
		"-aws-eks-cluster=research", "-aws-eks-requests-per-second=3", "-azure-require-identity-tag", "-azure-federated-credential-limit=7",
		"-azure-token-audience=api://other", "-azure-cloud=AzureChinaCloud")
	if err != nil {
		t.Fatal(err)
	}
	if c.gcp.DefaultServiceAccount != "kf-{profile}@research.iam.gserviceaccount.com" || c.gcp.IdentityNamespace != "fleet-host" || c.gcp.RequestsPerSecond != 2 {
		t.Errorf("Google: %+v", c.gcp)
	}
	if c.eks.Cluster != "research" || c.eks.RequestsPerSecond != 3 {
		t.Errorf("EKS: %+v", c.eks)
	}
	if !c.azure.RequireIdentityTag || c.azure.CredentialLimit != 7 || c.azure.Audience != "api://other" {
		t.Errorf("Azure: %+v", c.azure)
	}
}

func TestWrongFlagsOfTheOtherCloudsAreRefusedWithAWordOnWhy(t *testing.T) {
	for argument, complaint := range map[string]string{
		"-workload-identity=alice":                            "-workload-identity: ",
		"-gcp-identity-namespace=Not A Project":               "-gcp-identity-namespace: ",
		"-gcp-iam-endpoint=iam":                               "-gcp-iam-endpoint: ",
		"-gcp-requests-per-second=0":                          "must be more than 0",
		"-gcp-start-delay=-1s":                                "must not be negative",
		"-gcp-consistency-delay=-1s":                          "must not be negative",
		"-gcp-drift-check-interval=1ms":                       "at least 1s",
		"-aws-eks-cluster=-":                                  "-aws-eks-cluster: ",
		"-aws-eks-requests-per-second=0":                      "must be more than 0",
		"-aws-eks-drift-check-interval=0":                     "at least 1s",
		"-azure-cloud=Bleu":                                   "-azure-cloud: ",
		"-azure-resource-manager-endpoint=http://example.com": "-azure-resource-manager-endpoint: ",
		"-azure-token-audience=*":                             "-azure-token-audience: ",
		"-azure-federated-credential-limit=0":                 "must be a number of credentials",
		"-azure-requests-per-second=-1":                       "must be more than 0",
		"-azure-drift-check-interval=10ms":                    "at least 1s",
	} {
		if _, err := parseClouds(argument); err == nil || !strings.Contains(err.Error(), complaint) {
			t.Errorf("%s is answered with %v, want a complaint with %q", argument, err, complaint)
		}
	}
}

// TestEveryFlagOfThisControllerIsItsOwn would panic if two plugins had the same.
func TestEveryFlagOfThisControllerIsItsOwn(t *testing.T) {
	if _, err := parseOptions(nil, io.Discard, environment(nil), own()...); err != nil {
		t.Error(err)
	}
}
