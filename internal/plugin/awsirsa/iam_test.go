package awsirsa

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Partitions other than the first one have IAM in regions of their own.
func TestIAMHasARegionWhereNoneIsSet(t *testing.T) {
	for set, want := range map[string]string{"": "us-east-1", "cn-north-1": "cn-north-1"} {
		if got := newIAM(aws.Config{Region: set}).Options().Region; got != want {
			t.Errorf("where the region %q is set, IAM is called in %q; want %q", set, got, want)
		}
	}
}
