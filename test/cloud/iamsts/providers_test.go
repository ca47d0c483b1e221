package iamsts

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"
)

func TestProviders(t *testing.T) {
	s := start(t, Options{})
	client, mark := s.iam(t), strings.Repeat("0A", 20)
	input := &iam.CreateOpenIDConnectProviderInput{
		Url: aws.String("https://oidc.example.com/id/a"), ClientIDList: []string{audience, "x"}, ThumbprintList: []string{mark}, Tags: tagged("a", "b"),
	}
	created, err := client.CreateOpenIDConnectProvider(t.Context(), input)
	if err != nil {
		t.Fatal(err)
	}
	arn := created.OpenIDConnectProviderArn
	if want := "arn:aws:iam::123456789012:oidc-provider/oidc.example.com/id/a"; aws.ToString(arn) != want || s.ProviderARN(*input.Url) != want {
		t.Errorf("created %s", aws.ToString(arn))
	}
	got, err := client.GetOpenIDConnectProvider(t.Context(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{audience, "x", mark, "oidc.example.com/id/a", "a", "b"},
		append(append(append(got.ClientIDList, got.ThumbprintList...), aws.ToString(got.Url)), pairs(got.Tags)...)); diff != "" {
		t.Error(diff)
	}
	if _, err = client.CreateOpenIDConnectProvider(t.Context(), input); !as[*types.EntityAlreadyExistsException](err) {
		t.Errorf("a second time: %v", err)
	}
	for _, bad := range []iam.CreateOpenIDConnectProviderInput{
		{Url: aws.String("http://oidc.example.com")}, {Url: aws.String("https://")}, {Url: aws.String("https://x.example.com"), ThumbprintList: []string{"0A"}},
	} {
		_, err = client.CreateOpenIDConnectProvider(t.Context(), &bad)
		wantCode(t, err, "ValidationError")
	}
	listed, err := client.ListOpenIDConnectProviders(t.Context(), nil)
	if err != nil || len(listed.OpenIDConnectProviderList) != 1 || aws.ToString(listed.OpenIDConnectProviderList[0].Arn) != aws.ToString(arn) {
		t.Errorf("listed %v, %v", listed, err)
	}
	for range 2 {
		if _, err = client.DeleteOpenIDConnectProvider(t.Context(), &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn}); err != nil {
			t.Error(err)
		}
	}
	_, err = client.GetOpenIDConnectProvider(t.Context(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
	if !as[*types.NoSuchEntityException](err) {
		t.Errorf("after deletion: %v", err)
	}
}
