package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kfprofiles/kfprofiles/internal/cli/awsroles"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
	"github.com/kfprofiles/kfprofiles/plugin"
)

type awsCreateRole struct {
	awsFlags
	profile          string
	accounts, attach []string
	bucket, prefix   string
	script           scriptFlag
	dryRun           dryRun
}

func newAWSCreateRole(e *Environment) *cobra.Command {
	var r awsCreateRole
	c := &cobra.Command{
		Use:   "create-role [PATH/]NAME --profile PROFILE",
		Short: "Create an AWS role for the pods of a Profile",
		Long: `Create an AWS role for the pods of a Profile. From its first moment its trust policy names the Profile's service
account, and it is tagged with the Profile's name.

What is there already is left as it is: a role can be given more buckets, policies and service accounts by running the
command again, and loses none. A role that any service account may have is closed, and refused where that takes
guessing.`,
		Example: `  # Profile vision gets its folder of a bucket, for pipelines
  kubectl profile aws create-role profiles/vision --profile vision --s3-bucket ml-data --prefix vision/

  # A managed policy
  kubectl profile aws create-role profiles/research --profile research --attach arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess`,
		Args: func(c *cobra.Command, arguments []string) error {
			if len(arguments) != 1 {
				return misused("give the name of one role, as in: %s profiles/vision --profile vision", c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, arguments []string) error {
			return awsroles.ExplainIAM(r.run(c.Context(), e, arguments[0]))
		},
	}
	r.add(c.Flags())
	r.addCluster(c.Flags())
	c.Flags().StringVar(&r.profile, "profile", "", "Whose pods shall have the role. Required; the Profile need not be there yet.")
	c.Flags().StringSliceVar(&r.accounts, "service-account", nil, "The Profile's service accounts that shall have the role. By default default-editor.")
	c.Flags().StringSliceVar(&r.attach, "attach", nil, "ARN of a managed policy that says what the role may do. May be given several times.")
	c.Flags().StringVar(&r.bucket, "s3-bucket", "", "A bucket whose objects the role may list, read, write and delete.")
	c.Flags().StringVar(&r.prefix, "prefix", "", "Only those objects of --s3-bucket whose keys begin like this, such as vision/.")
	r.script.add(c.Flags())
	r.dryRun.addLocal(c.Flags())
	_ = c.RegisterFlagCompletionFunc("profile", func(c *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return e.completeProfiles(c, nil, typed)
	})
	return c
}

func (r *awsCreateRole) run(ctx context.Context, e *Environment, name string) error {
	if err := r.check(name); err != nil {
		return err
	}
	w, err := r.world(ctx, e)
	if err != nil {
		return err
	}
	role, err := r.wanted(w, name)
	if err != nil {
		return err
	}
	if r.script != "" {
		if err := awsroles.CheckRole(ctx, w.iam, role); err != nil {
			return err
		}
		return awsroles.Script{Role: role}.Write(e.Out, string(r.script))
	}
	provider, err := awsroles.ProviderStep(ctx, w.iam, w.provider, role.Audience)
	if err != nil {
		return err
	}
	if !provider.IsDone() {
		return fmt.Errorf("the account %s does not take the tokens of this cluster: %s must be %s.\nTo have it done: kubectl profile aws setup --roles '%s'", w.account.ID, provider.What, provider.Todo, role.Pattern())
	}
	steps, err := awsroles.RoleSteps(ctx, w.iam, role)
	if err != nil {
		return err
	}
	if err := carry(ctx, e, r.dryRun, steps); err != nil {
		return err
	}
	r.tellNext(ctx, e, role)
	return nil
}

// check finds mistakes that show without looking anywhere.
func (r *awsCreateRole) check(name string) error {
	if r.profile == "" {
		return misused("--profile is required: whose pods shall have the role")
	}
	if r.prefix != "" && r.bucket == "" {
		return misused("--prefix narrows a bucket; give it with --s3-bucket")
	}
	if err := awsroles.CheckRoleName(name); err != nil {
		return misused("%w", err)
	}
	for _, arn := range r.attach {
		if err := awsroles.CheckManagedPolicy(arn); err != nil {
			return misused("--attach: %w", err)
		}
	}
	if err := r.script.check(); err != nil {
		return err
	}
	return r.dryRun.refuseServer()
}

// wanted is the role as it shall be.
func (r *awsCreateRole) wanted(w *awsWorld, name string) (awsroles.Role, error) {
	role := awsroles.Role{
		Account: w.account, Name: name, Provider: w.provider, Audience: trustpolicy.DefaultAudience,
		Tags: map[string]string{awsirsa.TagKey: r.profile}, Attached: r.attach, Shared: true,
		Description: "Kubeflow Profile " + r.profile,
	}
	if w.cluster.Name != "" {
		role.Description += " of cluster " + w.cluster.Name
	}
	accounts, err := plugin.ServiceAccounts(r.accounts)
	if err != nil {
		return role, misused("--service-account: %w", err)
	}
	for _, account := range accounts {
		role.Subjects = append(role.Subjects, trustpolicy.Subject(r.profile, account))
	}
	if _, err := role.Trust(); err != nil {
		return role, misused("%w", err)
	}
	if r.bucket != "" {
		if role.Inline, err = awsroles.BucketPolicy(w.account, r.bucket, r.prefix); err != nil {
			return role, misused("%w", err)
		}
	}
	return role, nil
}
