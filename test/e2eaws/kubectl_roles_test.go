//go:build e2eaws

package e2eaws

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/kfprofiles/kfprofiles/internal/cli/awsroles"
)

// TestARoleMadeByKubectlHasItsPrefixOfABucket makes a role as kubectl profile aws create-role
// does, and tries what its pods can do in a bucket that others use too.
func TestARoleMadeByKubectlHasItsPrefixOfABucket(t *testing.T) {
	createAccounts(t, "narrow", "broad")
	bucket := "bucket-of-many"
	owner := s3.NewFromConfig(configOf(credentials.NewStaticCredentialsProvider(gateway.AccessKey, gateway.SecretKey, "")),
		func(o *s3.Options) { o.UsePathStyle = true })
	mustKeep(t, owner, bucket, "at the root")
	put(t, owner, bucket, "narrow/model", true)
	put(t, owner, bucket, "narrower/model", true)

	r := makeRole(t, "narrow", bucket, "narrow/")
	pod := r.mustAdmit("the Profile", home.tokenOf(t, "narrow", editor, audience))
	r.mustRefuse("another Profile", home.tokenOf(t, "broad", editor, audience))
	r.mustRefuse("another account", home.tokenOf(t, "narrow", "default", audience))
	r.mustRefuse("a token for another audience", home.tokenOf(t, "narrow", editor, otherAudience))
	for key, may := range map[string]bool{"narrow/model": true, "narrower/model": false, "greeting": false} {
		_, err := pod.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
		mustBe(t, "read "+key, err, may)
		put(t, pod, bucket, key, may)
	}
	for prefix, may := range map[string]bool{"narrow/": true, "narrow/deeper/": true, "narrower/": false, "": false} {
		list(t, pod, bucket, prefix, may)
	}

	whole := makeRole(t, "broad", bucket, "")
	pod = whole.mustAdmit("the other Profile", home.tokenOf(t, "broad", editor, audience))
	put(t, pod, bucket, "anything", true)
	list(t, pod, bucket, "", true)
}

// makeRole makes a role for a Profile's editor that has a prefix of a bucket.
func makeRole(t *testing.T, profile, bucket, prefix string) *role {
	t.Helper()
	account := awsroles.Account{Partition: "aws", ID: gateway.Account}
	policy, err := awsroles.BucketPolicy(account, bucket, prefix)
	if err != nil {
		t.Fatal(err)
	}
	// The gateway lets nobody into a role with tags whose trust policy does not allow
	// sts:TagSession. AWS wants that only for tags of the session.
	wanted := awsroles.Role{Account: account, Name: "kubectl-" + profile, Provider: home.provider(), Audience: audience,
		Subjects: []string{subject(profile)}, Inline: policy}
	steps, err := awsroles.RoleSteps(t.Context(), admin(), wanted)
	if err != nil {
		t.Fatal(err)
	}
	if err := awsroles.Carry(t.Context(), steps, func(awsroles.Step) {}); err != nil {
		t.Fatal(err)
	}
	return &role{t: t, name: wanted.Name, arn: wanted.ARN()}
}

func put(t *testing.T, with *s3.Client, bucket, key string, may bool) {
	t.Helper()
	_, err := with.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("a model")})
	mustBe(t, "write "+key, err, may)
}

func list(t *testing.T, with *s3.Client, bucket, prefix string, may bool) {
	t.Helper()
	input := &s3.ListObjectsV2Input{Bucket: &bucket}
	if prefix != "" {
		input.Prefix = &prefix
	}
	_, err := with.ListObjectsV2(t.Context(), input)
	mustBe(t, "list "+prefix, err, may)
}

// mustBe fails the test unless something went well, or was denied.
func mustBe(t *testing.T, what string, err error, may bool) {
	t.Helper()
	if may && err != nil || !may && !isDenied(err) {
		t.Errorf("%s: allowed %t, got %v", what, may, err)
	}
}
