package awsclient

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

var errNowhere = errors.New("nowhere to get them from")

func TestCredentialsThatCannotBeGotAreNamed(t *testing.T) {
	c := Prepare(aws.Config{Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errNowhere
	})})
	if _, err := c.Credentials.Retrieve(t.Context()); !errors.Is(err, ErrNoCredentials) || !errors.Is(err, errNowhere) {
		t.Errorf("got %v, want it to be %v and to tell why", err, ErrNoCredentials)
	}
}

func TestCredentialsThatAreGotAreLeftAsTheyAre(t *testing.T) {
	want := aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}
	c := Prepare(aws.Config{Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return want, nil })})
	if got, err := c.Credentials.Retrieve(t.Context()); err != nil || got != want {
		t.Errorf("got %v, %v", got, err)
	}
	if none := Prepare(aws.Config{}).Credentials; none != nil {
		t.Errorf("where there are none, there is %v", none)
	}
}

func TestNothingIsTriedAgain(t *testing.T) {
	retryer := Prepare(aws.Config{}).Retryer()
	if retryer.MaxAttempts() != 1 || retryer.IsErrorRetryable(errNowhere) {
		t.Errorf("%T makes %d attempts", retryer, retryer.MaxAttempts())
	}
}

func TestABrokenConfigurationIsTold(t *testing.T) {
	t.Setenv("AWS_MAX_ATTEMPTS", "many")
	if _, err := LoadConfig(t.Context()); err == nil {
		t.Error("a configuration that cannot be read is none to the SDK, so nobody would be told")
	}
}
