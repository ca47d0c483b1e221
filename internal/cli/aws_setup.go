package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/cli/awsroles"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
)

// controllerTag on the controller's role has the issuer of the cluster that it is for.
const controllerTag = "kubeflow.org/profiles-controller"

type awsSetup struct {
	awsFlags
	roles   []string
	role    string
	account string
	script  scriptFlag
	dryRun  dryRun
}

func newAWSSetup(e *Environment) *cobra.Command {
	var s awsSetup
	c := &cobra.Command{
		Use:   "setup --roles role/PATH/*",
		Short: "Let the controller edit the trust policies of the Profiles' roles",
		Long: `Let the controller edit the trust policies of the Profiles' roles, and nothing else in AWS:

  1. IAM takes the tokens of this cluster (its OIDC provider).
  2. The controller's role, which lets in the controller's service account alone.
  3. Its policy: iam:GetRole and iam:UpdateAssumeRolePolicy on the roles that --roles names.
  4. The controller's service account is annotated with the role.
  5. The controller is restarted, so that its pods get it.

Each line says what was found and what is done about it. What is as it should be is left as it is, so the command can
be run again, also after it failed half way. With other --roles than before, the policy is replaced, and you see both.
A role that lets others in as well is refused. Other policies of the role are told and left alone; the exit code is 1
then.`,
		Example: `  # See what would be done, then do it
  kubectl profile aws setup --roles 'role/profiles/*' --dry-run
  kubectl profile aws setup --roles 'role/profiles/*'

  # Hand it to whoever may work in IAM
  kubectl profile aws setup --roles 'role/profiles/*' --output terraform > controller.tf`,
		Args: noNames,
		RunE: func(c *cobra.Command, _ []string) error { return awsroles.ExplainIAM(s.run(c.Context(), e)) },
	}
	s.add(c.Flags())
	s.addCluster(c.Flags())
	c.Flags().StringSliceVar(&s.roles, "roles", nil, "Which roles the controller may edit, as role/PATH/*. Required; may be given several times.")
	c.Flags().StringVar(&s.role, "role", "", "The name of the controller's own role, with its path. By default the one that it has, or profiles-controller-CLUSTER.")
	c.Flags().StringVar(&s.account, "account", "", "The AWS account in which all is made, by its 12 digits. Required when the cluster is in another one; your credentials must be of it.")
	s.script.add(c.Flags())
	s.dryRun.addLocal(c.Flags())
	e.addControllerNamespace(c.Flags())
	return c
}

func (s *awsSetup) run(ctx context.Context, e *Environment) error {
	if len(s.roles) == 0 {
		return misused("--roles is required: which roles the controller may edit, such as --roles 'role/profiles/*'")
	}
	if err := s.patterns().Check(); err != nil {
		return misused("--roles: %w", err)
	}
	if err := s.script.check(); err != nil {
		return err
	}
	if err := s.dryRun.refuseServer(); err != nil {
		return err
	}
	cluster, err := e.Connect()
	if err != nil {
		return err
	}
	controller, err := awsroles.FindController(ctx, cluster, e.controllerNamespaces())
	if err != nil {
		return err
	}
	w, err := s.find(ctx, e)
	if err != nil {
		return err
	}
	if err := s.checkAccount(w); err != nil {
		return err
	}
	role, err := s.controllerRole(w, controller)
	if err != nil {
		return err
	}
	if s.script != "" {
		return s.print(ctx, e, w, role, controller)
	}
	provider, err := awsroles.ProviderStep(ctx, w.iam, w.provider, role.Audience)
	if err != nil {
		return err
	}
	steps, err := awsroles.RoleSteps(ctx, w.iam, role)
	if err != nil {
		return err
	}
	steps = append([]awsroles.Step{provider}, steps...)
	return carry(ctx, e, s.dryRun, append(steps, controller.Steps(cluster, role.ARN(), e.Now())...))
}

// checkAccount refuses credentials of another account than that of the cluster, unless it is named.
func (s *awsSetup) checkAccount(w *awsWorld) error {
	switch {
	case s.account != "" && s.account != w.account.ID:
		return fmt.Errorf("your AWS credentials are of the account %s, and --account is %s. Choose the account with AWS_PROFILE", w.account.ID, s.account)
	case s.account == "" && w.elsewhere():
		return fmt.Errorf("the cluster is in the account %s and your AWS credentials are of %s. Choose the account with AWS_PROFILE; or, if the roles shall be in the other one, give --account %s", w.cluster.Account, w.account.ID, w.account.ID)
	}
	return nil
}

// print writes what does the same. Whoever prints it need not be allowed to look into IAM.
func (s *awsSetup) print(ctx context.Context, e *Environment, w *awsWorld, role awsroles.Role, controller *awsroles.Controller) error {
	if err := awsroles.CheckRole(ctx, w.iam, role); err != nil {
		return err
	}
	found, err := awsroles.FindProvider(ctx, w.iam, w.provider)
	if err != nil {
		fmt.Fprintf(e.ErrOut, "note: could not look whether the account takes the tokens of the cluster already, so this is written as if it did not: %v\n", err)
	}
	name, _, err := currentContext(e)
	if err != nil {
		return err
	}
	return awsroles.Script{Provider: &found, Role: role, Controller: client.ObjectKeyFromObject(&controller.Account), Context: name}.Write(e.Out, string(s.script))
}

func (s *awsSetup) patterns() awsroles.RolePatterns { return s.roles }

// controllerRole is the controller's role as it shall be.
func (s *awsSetup) controllerRole(w *awsWorld, controller *awsroles.Controller) (awsroles.Role, error) {
	account := controller.Account
	role := awsroles.Role{
		Account: w.account, Provider: w.provider, Audience: trustpolicy.DefaultAudience,
		Subjects:    []string{trustpolicy.Subject(account.Namespace, account.Name)},
		Tags:        map[string]string{controllerTag: w.provider.Issuer},
		Description: "Edits the trust policies of the roles of Kubeflow Profiles",
	}
	var err error
	if role.Name, err = s.controllerRoleName(w, account.Annotations[awsroles.AnnotationRole]); err != nil {
		return role, err
	}
	if err := awsroles.CheckRoleName(role.Name); err != nil {
		return role, misused("--role: %w", err)
	}
	if err := s.patterns().Spare(role); err != nil {
		return role, misused("--roles: %w", err)
	}
	role.Inline = s.patterns().Policy(w.account)
	return role, nil
}

// controllerRoleName is what --role says, or the role that the controller has, or a name made
// from the cluster's.
func (s *awsSetup) controllerRoleName(w *awsWorld, annotated string) (string, error) {
	if s.role != "" {
		return s.role, nil
	}
	if annotated != "" {
		prefix := awsroles.Role{Account: w.account}.ARN()
		name, ours := strings.CutPrefix(annotated, prefix)
		if !ours {
			return "", fmt.Errorf("the controller has the role %s, which is not in the account %s of your AWS credentials. Use credentials of its account, or name another role with --role", annotated, w.account.ID)
		}
		return name, nil
	}
	name := "profiles-controller-" + w.cluster.Name
	switch {
	case w.cluster.Name == "":
		return "", misused("--role is required: the current context does not tell the name of an EKS cluster to make one from (or give that with --cluster)")
	case len(name) > awsroles.LongestRoleName:
		return "", misused("--role is required: %s would have %d characters, and the names of roles have at most %d", name, len(name), awsroles.LongestRoleName)
	}
	return name, nil
}
