//go:build e2eaws

package e2eaws

import (
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// TestAPodWorksInS3WithItsRole does what people do in a notebook of a profile to
// see that its role works: create a bucket and write an object, here also read it.
func TestAPodWorksInS3WithItsRole(t *testing.T) {
	createAccounts(t, "s3-a", "s3-b")
	a := createRole(t, "s3-a", guideRole(home))
	a.allow("s3:CreateBucket", "s3:PutObject", "s3:GetObject")
	a.grant(home, subject("s3-a"))
	own := a.mustAdmit("a", home.tokenOf(t, "s3-a", editor, audience))
	mustKeep(t, own, "bucket-of-a", "written with the role of a")

	b := createRole(t, "s3-b", guideRole(home))
	b.grant(home, subject("s3-b"))
	others := b.mustAdmit("b", home.tokenOf(t, "s3-b", editor, audience))
	bucket, key := "bucket-of-a", "greeting"
	if _, err := others.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key}); !isDenied(err) {
		t.Errorf("a role without rights in S3 must not read, got %v", err)
	}
}

// mustKeep creates a bucket, writes an object and reads it.
func mustKeep(t *testing.T, with *s3.Client, bucket, text string) {
	t.Helper()
	if _, err := with.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatalf("create bucket %s: %v", bucket, err)
	}
	key := "greeting"
	if _, err := with.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(text)}); err != nil {
		t.Fatalf("write an object into bucket %s: %v", bucket, err)
	}
	object, err := with.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		t.Fatalf("read the object in bucket %s: %v", bucket, err)
	}
	defer object.Body.Close()
	read, err := io.ReadAll(object.Body)
	if err != nil {
		t.Fatal(err)
	}
	mustEqual(t, "the object", string(read), text)
}
