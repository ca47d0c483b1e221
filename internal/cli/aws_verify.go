package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/cli/awsroles"
	"github.com/kfprofiles/kfprofiles/internal/cli/plain"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// podIdentityKind is the kind of entries of spec.plugins by which pods get a role in another way.
const podIdentityKind = "AwsPodIdentity"

type awsVerify struct {
	awsFlags
	bucket, prefix string
	format         string
}

// verified is what came out for one service account.
type verified struct {
	ServiceAccount string             `json:"serviceAccount"`
	Role           string             `json:"role"`
	Steps          []awsroles.Finding `json:"steps"`
}

func newAWSVerify(e *Environment) *cobra.Command {
	var v awsVerify
	c := &cobra.Command{
		Use:   "verify PROFILE",
		Short: "Check that the pods of a Profile get their AWS role",
		Long: `Check that the pods of a Profile get their AWS role, by doing what a pod does: get a token of the service account,
exchange it for the role, ask AWS who one is then, and reach a bucket. Needs no AWS credentials of your own. What
comes after a failure is not tried. Roles of EKS Pod Identity are not checked.`,
		Example: `  kubectl profile aws verify vision
  kubectl profile aws verify vision --s3-bucket ml-data --prefix vision/`,
		Args:              oneName,
		ValidArgsFunction: e.completeProfiles,
		RunE:              func(c *cobra.Command, arguments []string) error { return v.run(c.Context(), e, arguments[0]) },
	}
	v.addRegion(c.Flags())
	c.Flags().StringVar(&v.bucket, "s3-bucket", "", "A bucket that the role shall reach.")
	c.Flags().StringVar(&v.prefix, "prefix", "", "What the keys begin with that the role may list in --s3-bucket.")
	c.Flags().StringVarP(&v.format, "output", "o", "", "Output format. One of: (json, yaml).")
	return c
}

func (v *awsVerify) run(ctx context.Context, e *Environment, name string) error {
	if v.prefix != "" && v.bucket == "" {
		return misused("--prefix is of a bucket; give it with --s3-bucket")
	}
	if v.format != "" && v.format != "json" && v.format != "yaml" {
		return misused("-o is %q; it must be json or yaml", v.format)
	}
	cluster, err := e.Connect()
	if err != nil {
		return err
	}
	p, err := readProfile(ctx, cluster, name)
	if err != nil {
		return err
	}
	pods, err := v.pods(ctx, cluster, p)
	if err != nil {
		return err
	}
	settings, err := v.anonymous(ctx, e, awsroles.RegionOfRole(pods[0].Role))
	if err != nil {
		return err
	}
	var all []verified
	failed := 0
	for _, pod := range pods {
		check := awsroles.Verification{Pod: pod, Cluster: cluster, Settings: settings}
		checked := verified{pod.Account, pod.Role, check.Run(ctx)}
		if v.format == "" {
			checked.print(e)
		}
		if slices.ContainsFunc(checked.Steps, func(f awsroles.Finding) bool { return f.Status == awsroles.Failed }) {
			failed++
		}
		all = append(all, checked)
	}
	if v.format != "" {
		if err := e.printData(v.format, all); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %s failed", failed, plural(len(pods), "check", "checks"))
	}
	return nil
}

// anonymous is the AWS configuration without credentials. None are needed, so one that cannot be
// read, as when AWS_PROFILE names a profile that is not there, is left out but for the variables.
func (v *awsVerify) anonymous(ctx context.Context, e *Environment, anyRegion string) (aws.Config, error) {
	region, err := v.regionOf(e)
	if err != nil {
		return aws.Config{}, err
	}
	settings, err := config.LoadDefaultConfig(ctx, config.WithRegion(region), config.WithCredentialsProvider(aws.AnonymousCredentials{}))
	if err != nil {
		fmt.Fprintf(e.ErrOut, "note: your AWS configuration is left out, since it cannot be read: %v\n", err)
		variables, err := config.NewEnvConfig()
		if err != nil {
			return aws.Config{}, fmt.Errorf("read the AWS configuration: %w", err)
		}
		settings = aws.Config{Region: cmp.Or(region, variables.Region), ConfigSources: []any{variables}}
		if variables.BaseEndpoint != "" {
			settings.BaseEndpoint = &variables.BaseEndpoint
		}
	}
	settings.Region = cmp.Or(settings.Region, anyRegion)
	return settings, nil
}

// print prints one line for each step.
func (v verified) print(e *Environment) {
	fmt.Fprintf(e.Out, "%s with %s\n", v.ServiceAccount, plain.Text(v.Role))
	for _, f := range v.Steps {
		detail := plain.Text(f.Detail)
		switch f.Status {
		case awsroles.Passed:
			fmt.Fprintf(e.Out, "  %s %s\n", good.paint(e.Terminal), detail)
		case awsroles.Failed:
			fmt.Fprintf(e.Out, "  %s not so: %s\n    %s\n", bad.paint(e.Terminal), detail, plain.Text(f.Cause))
		default:
			fmt.Fprintf(e.Out, "  %s not tried: %s\n", unknown.paint(e.Terminal), detail)
		}
	}
}

// pods are those that a Profile says shall have a role. Where it says nothing the controller may
// have been told which role such Profiles have; then it has annotated the account.
func (v *awsVerify) pods(ctx context.Context, cluster client.Client, p *profilev1.Profile) ([]awsroles.Pod, error) {
	entries, err := awsroles.EntriesOf(p)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		account := &corev1.ServiceAccount{}
		err := cluster.Get(ctx, client.ObjectKey{Namespace: p.Name, Name: tenancy.EditorServiceAccount}, account)
		role := account.Annotations[awsroles.AnnotationRole]
		if err = client.IgnoreNotFound(err); err != nil {
			return nil, err
		}
		if role == "" {
			return nil, withoutRole(p)
		}
		entries = []awsroles.Entry{{Role: role, Accounts: []string{tenancy.EditorServiceAccount}}}
	}
	var pods []awsroles.Pod
	for _, entry := range entries {
		for _, account := range entry.Accounts {
			pods = append(pods, awsroles.Pod{Namespace: p.Name, Account: account, Role: entry.Role,
				Audience: cmp.Or(entry.Audience, trustpolicy.DefaultAudience), Bucket: v.bucket, Prefix: v.prefix})
		}
	}
	return pods, nil
}

// withoutRole says that there is no role to check.
func withoutRole(p *profilev1.Profile) error {
	if slices.ContainsFunc(p.Spec.Plugins, func(asked profilev1.Plugin) bool { return asked.Kind == podIdentityKind }) {
		return fmt.Errorf("profile %s has its AWS role by EKS Pod Identity, which only pods can check: their token is exchanged on their node. "+
			"See what the controller says: kubectl profile describe %s; and in one of its pods: aws sts get-caller-identity", p.Name, p.Name)
	}
	return fmt.Errorf("profile %s has no AWS role. Create one: kubectl profile aws create-role --help", p.Name)
}
