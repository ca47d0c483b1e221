package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/cli/awsroles"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

type awsVerify struct {
	awsFlags
	bucket, prefix string
}

func newAWSVerify(e *Environment) *cobra.Command {
	var v awsVerify
	c := &cobra.Command{
		Use:   "verify PROFILE",
		Short: "Check that the pods of a Profile get their AWS role",
		Long: `Check that the pods of a Profile get their AWS role, by doing what a pod does: get a token of the service account,
exchange it for the role, ask AWS who one is then, and reach a bucket. Needs no AWS credentials of your own.`,
		Example: `  kubectl profile aws verify vision
  kubectl profile aws verify vision --s3-bucket ml-data --prefix vision/`,
		Args:              oneName,
		ValidArgsFunction: e.completeProfiles,
		RunE:              func(c *cobra.Command, arguments []string) error { return v.run(c.Context(), e, arguments[0]) },
	}
	v.addRegion(c.Flags())
	c.Flags().StringVar(&v.bucket, "s3-bucket", "", "A bucket that the role shall reach.")
	c.Flags().StringVar(&v.prefix, "prefix", "", "What the keys begin with that the role may list in --s3-bucket.")
	return c
}

func (v *awsVerify) run(ctx context.Context, e *Environment, name string) error {
	if v.prefix != "" && v.bucket == "" {
		return misused("--prefix is of a bucket; give it with --s3-bucket")
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
	settings, err := v.configure(ctx, e)
	if err != nil {
		return err
	}
	failed := 0
	for _, pod := range pods {
		check := awsroles.Verification{Pod: pod, Cluster: cluster, Settings: settings}
		findings := check.Run(ctx)
		fmt.Fprintf(e.Out, "%s with %s\n", pod.Account, pod.Role)
		for _, f := range findings {
			printFinding(e, f)
		}
		if awsroles.Problem(findings) != nil {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %s failed", failed, plural(len(pods), "check", "checks"))
	}
	return nil
}

func printFinding(e *Environment, f awsroles.Finding) {
	if f.Err == nil {
		fmt.Fprintf(e.Out, "  ✓ %s\n", f.Text)
		return
	}
	fmt.Fprintf(e.Out, "  ✗ not so: %s: %v\n    %s\n", f.Text, f.Err, f.Likely)
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
			return nil, errors.New("profile " + p.Name + " has no AWS role. Create one: kubectl profile aws create-role --help")
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
