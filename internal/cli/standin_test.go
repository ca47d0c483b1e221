package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// This test program stands in for the commands aws and kubectl in scripts, which find it under these
// names.

const (
	standInVariable = "KFPROFILES_TEST_STANDS_IN_FOR"
	standInLog      = "KFPROFILES_TEST_KUBECTL_LOG"
)

func TestMain(m *testing.M) {
	switch program := os.Getenv(standInVariable); program {
	case "":
		os.Exit(m.Run())
	case "aws":
		os.Exit(awsCommand(os.Args[1:]))
	default:
		os.Exit(noted(program, os.Args[1:]))
	}
}

// standInFor puts this program into a folder of the PATH under the names of others, and returns the
// file in which kubectl's command lines are noted.
func standInFor(t *testing.T, programs ...string) (log string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for _, program := range programs {
		text := "#!/bin/sh\n" + standInVariable + "=" + program + " exec '" + self + "' \"$@\"\n"
		if err := os.WriteFile(filepath.Join(folder, program), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", folder+string(os.PathListSeparator)+os.Getenv("PATH"))
	log = filepath.Join(folder, "log")
	t.Setenv(standInLog, log)
	return log
}

// noted notes a command line and does nothing.
func noted(program string, arguments []string) int {
	file, err := os.OpenFile(os.Getenv(standInLog), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = fmt.Fprintf(file, "%s %s\n", program, strings.Join(arguments, " "))
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// awsCommand does what the command aws does, as far as the scripts need it.
func awsCommand(arguments []string) int {
	words, flags := []string{}, map[string][]string{}
	name := ""
	for _, argument := range arguments {
		if flag, ok := strings.CutPrefix(argument, "--"); ok {
			name = flag
		} else if name == "" {
			words = append(words, argument)
		} else {
			flags[name] = append(flags[name], argument)
		}
	}
	answer, err := (awsCall{flags}).do(context.Background(), strings.Join(words, " "))
	if err != nil {
		code := "Unknown"
		if api, ok := errors.AsType[smithy.APIError](err); ok {
			code = api.ErrorCode()
		}
		fmt.Fprintf(os.Stderr, "\nAn error occurred (%s) when calling %q: %v\n", code, words, err)
		return 254
	}
	if query, asked := flags["query"]; asked {
		fmt.Fprintln(os.Stdout, answer[query[0]])
	}
	return 0
}

type awsCall struct{ flags map[string][]string }

// flag is the value of a flag that has one.
func (c awsCall) flag(name string) *string { return aws.String(strings.Join(c.flags[name], " ")) }

// do returns what --query may ask for.
func (c awsCall) do(ctx context.Context, operation string) (map[string]string, error) {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	client, role := iam.NewFromConfig(settings), c.flag("role-name")
	switch operation {
	case "sts get-caller-identity":
		answer, err := sts.NewFromConfig(settings).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if err != nil {
			return nil, err
		}
		return map[string]string{"Account": *answer.Account}, nil
	case "iam get-open-id-connect-provider":
		_, err = client.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: c.flag("open-id-connect-provider-arn")})
	case "iam create-open-id-connect-provider":
		_, err = client.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: c.flag("url"), ClientIDList: c.flags["client-id-list"]})
	case "iam add-client-id-to-open-id-connect-provider":
		_, err = client.AddClientIDToOpenIDConnectProvider(ctx, &iam.AddClientIDToOpenIDConnectProviderInput{
			OpenIDConnectProviderArn: c.flag("open-id-connect-provider-arn"), ClientID: c.flag("client-id")})
	case "iam get-role", "iam wait role-exists":
		return readRole(ctx, client, role)
	case "iam create-role":
		_, err = client.CreateRole(ctx, &iam.CreateRoleInput{RoleName: role, Path: c.flag("path"), Description: c.flag("description"),
			Tags: c.tags(), AssumeRolePolicyDocument: c.flag("assume-role-policy-document")})
	case "iam tag-role":
		_, err = client.TagRole(ctx, &iam.TagRoleInput{RoleName: role, Tags: c.tags()})
	case "iam get-role-policy":
		_, err = client.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: role, PolicyName: c.flag("policy-name")})
	case "iam put-role-policy":
		_, err = client.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: role, PolicyName: c.flag("policy-name"), PolicyDocument: c.flag("policy-document")})
	case "iam attach-role-policy":
		_, err = client.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: role, PolicyArn: c.flag("policy-arn")})
	default:
		err = fmt.Errorf("nobody stands in for aws %s", operation)
	}
	return nil, err
}

var keyAndValue = regexp.MustCompile(`^Key=(.*),Value=(.*)$`)

func (c awsCall) tags() []types.Tag {
	var tags []types.Tag
	for _, text := range c.flags["tags"] {
		parts := keyAndValue.FindStringSubmatch(text)
		tags = append(tags, types.Tag{Key: &parts[1], Value: &parts[2]})
	}
	return tags
}

func readRole(ctx context.Context, client *iam.Client, name *string) (map[string]string, error) {
	answer, err := client.GetRole(ctx, &iam.GetRoleInput{RoleName: name})
	if err != nil {
		return nil, err
	}
	trust, err := url.PathUnescape(*answer.Role.AssumeRolePolicyDocument)
	found := map[string]string{"Role.Arn": *answer.Role.Arn, "Role.AssumeRolePolicyDocument": trust}
	for _, key := range []string{"kubeflow.org/profile", "kubeflow.org/profiles-controller"} {
		value := ""
		for _, tag := range answer.Role.Tags {
			if *tag.Key == key {
				value = *tag.Value
			}
		}
		found["Role.Tags[?Key=='"+key+"'].Value"] = cmp.Or(value, "None")
	}
	return found, err
}
