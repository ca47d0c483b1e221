package awsroles

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// policyVersion is the present version of IAM's policy language.
const policyVersion = "2012-10-17"

type policy struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid       string
	Effect    string
	Action    []string
	Resource  []string
	Condition map[string]map[string][]string `json:",omitempty"`
}

func inline(name string, statements ...statement) *Inline {
	document, err := json.Marshal(policy{policyVersion, statements})
	if err != nil {
		panic(err) // Strings, lists and maps of strings are always JSON.
	}
	return &Inline{Name: name, Document: string(document)}
}

var (
	// Names of buckets are 3 to 63 characters (Amazon S3 User Guide, "General purpose bucket
	// naming rules").
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	// A prefix holds nothing that IAM would read as a wildcard or a variable.
	keyPrefix = regexp.MustCompile(`^([A-Za-z0-9!_.'()&@:,=+-]+/)+$`)
)

// BucketPolicy lets a role list, read, write and delete the objects of a bucket under a prefix,
// or all of them when the prefix is empty. A prefix ends in a slash, so that profiles/ann/ does
// not open profiles/anna/ as well.
func BucketPolicy(a Account, bucket, prefix string) (*Inline, error) {
	if !bucketName.MatchString(bucket) {
		return nil, fmt.Errorf("%q is not the name of a bucket in S3", bucket)
	}
	if prefix != "" && !keyPrefix.MatchString(prefix) {
		return nil, fmt.Errorf("the prefix %q must end in a slash, begin with none, and hold neither spaces nor wildcards, as in profiles/vision/", prefix)
	}
	arn := "arn:" + a.Partition + ":s3:::" + bucket
	list := statement{
		Sid: "List", Effect: "Allow", Resource: []string{arn},
		Action: []string{"s3:ListBucket", "s3:ListBucketMultipartUploads"},
	}
	if prefix != "" {
		list.Condition = map[string]map[string][]string{"StringLike": {"s3:prefix": {prefix + "*"}}}
	}
	return inline(bucketPolicyName(bucket, prefix), list,
		statement{Sid: "Locate", Effect: "Allow", Resource: []string{arn}, Action: []string{"s3:GetBucketLocation"}},
		statement{
			Sid: "Objects", Effect: "Allow", Resource: []string{arn + "/" + prefix + "*"},
			Action: []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"},
		}), nil
}

var managedPolicy = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(?:aws|[0-9]{12}):policy/[!-~]+$`)

// CheckManagedPolicy tells what is wrong with the ARN of a managed policy.
func CheckManagedPolicy(arn string) error {
	if !managedPolicy.MatchString(arn) {
		return fmt.Errorf("%q is not the ARN of a managed policy, such as arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", arn)
	}
	return nil
}

// RolePatterns say which roles the controller may edit, as in role/profiles/*.
type RolePatterns []string

// Check tells what is wrong with the patterns: each names roles, and at least the beginning of
// their path or name.
func (all RolePatterns) Check() error {
	for _, pattern := range all {
		name, ok := strings.CutPrefix(pattern, "role/")
		if !ok || name == "" || strings.ContainsAny(name[:1], "*?") || strings.ContainsAny(name, " $\"\\{}") {
			return fmt.Errorf("%q must name roles by the beginning of their path or name at least, such as role/profiles/*", pattern)
		}
	}
	return nil
}

// Spare tells whether the controller's own role is among those that it may edit. It must not
// be: who can edit its trust policy can let anybody be the controller.
func (all RolePatterns) Spare(controller Role) error {
	for _, pattern := range all {
		if like(controller.Account.arn(pattern), controller.ARN()) {
			return fmt.Errorf("the controller's own role %s is among %q. Whoever can edit its trust policy can become the controller: choose another name for it, or a narrower pattern", controller.Name, pattern)
		}
	}
	return nil
}

// like compares as IAM does with the ARNs of a policy: a * stands for anything, slashes
// included.
func like(pattern, text string) bool {
	expression := strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile(`^` + expression + `$`).MatchString(text)
}

// ControllerPolicyName is the name of the policy by which the controller edits roles.
const ControllerPolicyName = "kubeflow-profile-roles"

// Policy lets the controller read the roles and edit their trust policies, and nothing else.
func (all RolePatterns) Policy(a Account) *Inline {
	var arns []string
	for _, pattern := range all {
		arns = append(arns, a.arn(pattern))
	}
	return inline(ControllerPolicyName, statement{
		Sid: "EditTrustPolicies", Effect: "Allow", Resource: arns,
		Action: []string{"iam:GetRole", "iam:UpdateAssumeRolePolicy"},
	})
}
