package awsroles

import "testing"

func TestRegionOfRole(t *testing.T) {
	for arn, want := range map[string]string{
		"arn:aws:iam::123456789012:role/x":        "us-east-1",
		"arn:aws-cn:iam::123456789012:role/x":     "cn-north-1",
		"arn:aws-us-gov:iam::123456789012:role/x": "us-gov-west-1",
		"no ARN": "us-east-1",
	} {
		if got := RegionOfRole(arn); got != want {
			t.Errorf("of %s: %s", arn, got)
		}
	}
}

func TestRegionOfIssuer(t *testing.T) {
	for url, want := range map[string]string{
		"https://oidc.eks.eu-central-1.amazonaws.com/id/A":  "us-east-1",
		"https://oidc.eks.cn-north-1.amazonaws.com.cn/id/A": "cn-north-1",
		"https://oidc.eks.us-gov-west-1.amazonaws.com/id/A": "us-gov-west-1",
		"https://oidc-eks.us-gov-east-1.api.aws/id/A":       "us-gov-east-1",
		"https://oidc.example.com/id/A":                     "us-east-1",
	} {
		if got := RegionOfIssuer(url); got != want {
			t.Errorf("of %s: %s", url, got)
		}
	}
}
