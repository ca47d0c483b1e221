package awsroles

import (
	"regexp"
	"strings"
	"testing"
)

// TestEachBucketAndPrefixHasAPolicyOfItsOwn has prefixes that are easily taken for one another.
func TestEachBucketAndPrefixHasAPolicyOfItsOwn(t *testing.T) {
	possible := regexp.MustCompile(`^[\w+=,.@-]{1,128}$`)
	names := map[string]string{}
	for _, bucket := range []string{"ml", "ml-data", "ml.data", strings.Repeat("b", 63)} {
		for _, prefix := range []string{"", "data/", "vision/", "Vision/", "a/b/", "a_b/", "a-b/", "a=b/", "it's/", strings.Repeat("p", 200) + "/", strings.Repeat("p", 201) + "/"} {
			name := strings.ToLower(bucketPolicyName(bucket, prefix))
			if !possible.MatchString(name) {
				t.Errorf("%s %s: %q cannot be the name of a policy", bucket, prefix, name)
			}
			if other, taken := names[name]; taken {
				t.Errorf("%q is for both %s and %s %s", name, other, bucket, prefix)
			}
			names[name] = bucket + " " + prefix
		}
	}
	if got, want := bucketPolicyName("ml-data", "teams/vision/"), "kubeflow-s3-ml-data_teams_vision"; got != want {
		t.Errorf("it is called %s", got)
	}
}
