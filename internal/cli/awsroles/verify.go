package awsroles

import (
	"cmp"
	"context"
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

// Outcome is what came of a step.
type Outcome string

// The outcomes of steps.
const (
	Passed   Outcome = "passed"
	Failed   Outcome = "failed"
	NotTried Outcome = "notTried"
)

// Finding is what came out of one step.
type Finding struct {
	// Name is the step's.
	Name Action `json:"name"`
	// Status is what came of it.
	Status Outcome `json:"status"`
	// Detail says what was found; of a failure what was looked for, and what went wrong.
	Detail string `json:"detail"`
	// Cause is the likely cause of a failure, and what to do.
	Cause string `json:"cause,omitempty"`
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

// check is a step with what it looks for. It returns what else it found, if anything.
type check struct {
	name  Action
	looks string
	do    func(context.Context) (string, error)
}

func (v *Verification) checks() []check {
	all := []check{
		{Annotate, "the service account is annotated with the role", v.annotated},
		{RequestToken, "the cluster issues a token for " + v.Audience, v.requestToken},
		{Assume, "AWS gives the role for the token", v.assume},
		{Identify, "the pod is the role", v.identify},
	}
	if v.Bucket == "" {
		return all
	}
	where := v.Bucket
	if v.Prefix != "" {
		where += "/" + v.Prefix
	}
	return append(all, check{ReachBucket, "the objects of " + where + " can be listed", v.reachBucket})
}

// Run goes as far as it can and returns what was found. What comes after a failure is not tried.
func (v *Verification) Run(ctx context.Context) []Finding {
	var findings []Finding
	failed := false
	for _, c := range v.checks() {
		finding := Finding{Name: c.name, Status: NotTried, Detail: c.looks}
		if !failed {
			finding = v.try(ctx, c)
			failed = finding.Status == Failed
		}
		findings = append(findings, finding)
	}
	return findings
}

func (v *Verification) try(ctx context.Context, c check) Finding {
	found, err := c.do(ctx)
	if err != nil {
		return Finding{c.name, Failed, c.looks + ": " + err.Error(), Cause(c.name, v.Pod, err)}
	}
	return Finding{Name: c.name, Status: Passed, Detail: cmp.Or(found, c.looks)}
}

func (v *Verification) annotated(ctx context.Context) (string, error) {
	account := &corev1.ServiceAccount{}
	err := v.Cluster.Get(ctx, client.ObjectKey{Namespace: v.Namespace, Name: v.Account}, account)
	if role := account.Annotations[AnnotationRole]; err == nil && role != v.Role {
		err = otherAnnotation{role}
	}
	return "", err
}

func (v *Verification) requestToken(ctx context.Context) (string, error) {
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		Audiences: []string{v.Audience}, ExpirationSeconds: ptr.To[int64](tokenLifetime)}}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: v.Namespace, Name: v.Account}}
	err := v.Cluster.SubResource("token").Create(ctx, account, request)
	v.token = request.Status.Token
	return "", err
}

func (v *Verification) assume(ctx context.Context) (string, error) {
	answer, err := sts.NewFromConfig(v.Settings).AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: &v.Role, RoleSessionName: aws.String(sessionName), WebIdentityToken: &v.token})
	if err == nil {
		c := answer.Credentials
		v.session = credentials.NewStaticCredentialsProvider(aws.ToString(c.AccessKeyId), aws.ToString(c.SecretAccessKey), aws.ToString(c.SessionToken))
	}
	return "", err
}

// settings are those of a client that has the role.
func (v *Verification) settings() aws.Config {
	copied := v.Settings.Copy()
	copied.Credentials = v.session
	return copied
}

func (v *Verification) identify(ctx context.Context) (string, error) {
	answer, err := sts.NewFromConfig(v.settings()).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", err
	}
	if is := aws.ToString(answer.Arn); is != sessionOf(v.Role) {
		return "", otherIdentity{is, sessionOf(v.Role)}
	}
	return "the pod is " + aws.ToString(answer.Arn), nil
}

// sessionOf is the ARN that a session of a role has, in which the role's path is left out.
func sessionOf(role string) string {
	prefix, _, _ := strings.Cut(role, ":role/")
	return strings.Replace(prefix, ":iam:", ":sts:", 1) + ":assumed-role/" + role[strings.LastIndexByte(role, '/')+1:] + "/" + sessionName
}

func (v *Verification) reachBucket(ctx context.Context) (string, error) {
	input := &s3.ListObjectsV2Input{Bucket: &v.Bucket, MaxKeys: aws.Int32(1)}
	if v.Prefix != "" {
		input.Prefix = &v.Prefix
	}
	_, err := s3.NewFromConfig(v.settings()).ListObjectsV2(ctx, input)
	return "", err
}
