package awsroles

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Pod is how a pod would work in AWS: under a service account, with a role.
type Pod struct {
	Namespace, Account string
	// Role is the ARN of the role that it shall have, Audience that of its token.
	Role, Audience string
	// Bucket is what it shall reach, or empty, and Prefix what keys it may list begin with.
	Bucket, Prefix string
}

// Finding is one line of what came out.
type Finding struct {
	// Text says what was found.
	Text string
	// Err is what went wrong, or nil.
	Err error
	// Likely is the likely cause of Err, and what to do.
	Likely string
}

// Verification does what a pod's SDK does, step by step.
type Verification struct {
	Pod
	Cluster client.Client
	// Settings are the region and the endpoints. Its credentials are not used.
	Settings aws.Config

	session aws.CredentialsProvider
	token   string
}

// sessionName is how the session is called in CloudTrail.
const sessionName = "kubectl-profile"

// tokenLifetime in seconds is the shortest that Kubernetes gives.
const tokenLifetime = 600

// Run goes as far as it can and returns what was found. Only the last finding can be a failure.
func (v *Verification) Run(ctx context.Context) []Finding {
	steps := []func(context.Context) (string, Action, error){v.annotated, v.requestToken, v.assume, v.identify}
	if v.Bucket != "" {
		steps = append(steps, v.reachBucket)
	}
	var findings []Finding
	for _, step := range steps {
		text, action, err := step(ctx)
		finding := Finding{Text: text, Err: err}
		if err != nil {
			finding.Likely = Cause(action, v.Pod, codeOf(err), err.Error())
		}
		findings = append(findings, finding)
		if err != nil {
			break
		}
	}
	return findings
}

func (v *Verification) annotated(ctx context.Context) (string, Action, error) {
	account := &corev1.ServiceAccount{}
	err := v.Cluster.Get(ctx, client.ObjectKey{Namespace: v.Namespace, Name: v.Account}, account)
	if role := account.Annotations[AnnotationRole]; err == nil && role != v.Role {
		err = fmt.Errorf("its annotation %s is %q", AnnotationRole, role)
	}
	return "the service account is annotated with the role", Annotate, err
}

func (v *Verification) requestToken(ctx context.Context) (string, Action, error) {
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		Audiences: []string{v.Audience}, ExpirationSeconds: ptr.To[int64](tokenLifetime)}}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: v.Namespace, Name: v.Account}}
	err := v.Cluster.SubResource("token").Create(ctx, account, request)
	v.token = request.Status.Token
	return "the cluster issues a token for " + v.Audience, RequestToken, err
}

func (v *Verification) assume(ctx context.Context) (string, Action, error) {
	answer, err := sts.NewFromConfig(v.Settings).AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: &v.Role, RoleSessionName: aws.String(sessionName), WebIdentityToken: &v.token})
	if err == nil {
		c := answer.Credentials
		v.session = credentials.NewStaticCredentialsProvider(aws.ToString(c.AccessKeyId), aws.ToString(c.SecretAccessKey), aws.ToString(c.SessionToken))
	}
	return "AWS gives the role for the token", Assume, err
}

// settings are those of a client that has the role.
func (v *Verification) settings() aws.Config {
	copied := v.Settings.Copy()
	copied.Credentials = v.session
	return copied
}

func (v *Verification) identify(ctx context.Context) (string, Action, error) {
	const text = "the pod is the role"
	answer, err := sts.NewFromConfig(v.settings()).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return text, Identify, err
	}
	if is := aws.ToString(answer.Arn); is != sessionOf(v.Role) {
		return text, Identify, fmt.Errorf("AWS says that it is %s, not %s", is, sessionOf(v.Role))
	}
	return "the pod is " + aws.ToString(answer.Arn), Identify, nil
}

// sessionOf is the ARN that a session of a role has, in which the role's path is left out.
func sessionOf(role string) string {
	prefix, _, _ := strings.Cut(role, ":role/")
	return strings.Replace(prefix, ":iam:", ":sts:", 1) + ":assumed-role/" + role[strings.LastIndexByte(role, '/')+1:] + "/" + sessionName
}

func (v *Verification) reachBucket(ctx context.Context) (string, Action, error) {
	where := v.Bucket
	if v.Prefix != "" {
		where += "/" + v.Prefix
	}
	input := &s3.ListObjectsV2Input{Bucket: &v.Bucket, MaxKeys: aws.Int32(1)}
	if v.Prefix != "" {
		input.Prefix = &v.Prefix
	}
	_, err := s3.NewFromConfig(v.settings()).ListObjectsV2(ctx, input)
	return "the objects of " + where + " can be listed", ReachBucket, err
}

// Problem returns what is wrong, or nil.
func Problem(findings []Finding) error {
	var all []error
	for _, f := range findings {
		all = append(all, f.Err)
	}
	return errors.Join(all...)
}
