package awsroles

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

// shownPrefix is a prefix that can stand in the name of a policy as it is, but for its slashes. IAM
// may not tell large letters in names from small ones.
var shownPrefix = regexp.MustCompile(`^[a-z0-9.-]+(/[a-z0-9.-]+)*/$`)

// longestShownPrefix leaves room for the longest name of a bucket in a policy's name of at most 128
// characters (IAM User Guide, "IAM and AWS STS quotas").
const longestShownPrefix = 48

// bucketPolicyName is the name of the policy by which a role has a bucket, or a prefix of it. Each
// has a policy of its own, so that another one takes none away. The names of buckets have neither
// _ nor =, which keeps these names apart.
func bucketPolicyName(bucket, prefix string) string {
	name := "kubeflow-s3-" + bucket
	switch {
	case prefix == "":
		return name
	case len(prefix) <= longestShownPrefix && shownPrefix.MatchString(prefix):
		return name + "_" + strings.ReplaceAll(strings.TrimSuffix(prefix, "/"), "/", "_")
	default:
		sum := sha256.Sum256([]byte(prefix))
		return name + "=" + hex.EncodeToString(sum[:8])
	}
}
