#!/bin/sh
# Can be run again: what is there is not made a second time.
set -eu
export AWS_PAGER=

stop() {
  printf '%s\n' "$1" >&2
  exit 1
}

# Tells whether AWS says that there is no such thing. Whatever else goes wrong ends the script.
missing() {
  if said=$("$@" 2>&1 >/dev/null); then
    return 1
  fi
  case $said in
  *NoSuchEntity*) return 0 ;;
  *) stop "$said" ;;
  esac
}

account=$(aws sts get-caller-identity --query Account --output text)
[ "$account" = 123456789012 ] || stop "This is for the account 123456789012, and the credentials are of $account."

# The account takes the tokens of the cluster. Adding an audience that is there changes nothing.
if missing aws iam get-open-id-connect-provider --open-id-connect-provider-arn arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/DEMO; then
  aws iam create-open-id-connect-provider --url https://oidc.eks.eu-central-1.amazonaws.com/id/DEMO \
    --client-id-list sts.amazonaws.com
else
  aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/DEMO \
    --client-id sts.amazonaws.com
fi

# The role, unless it is there and known to be for this.
if missing aws iam get-role --role-name profiles-controller-demo; then
  aws iam create-role --role-name profiles-controller-demo --path / --description 'Edits the trust policies of the roles of Kubeflow Profiles' \
    --tags Key=kubeflow.org/profiles-controller,Value=oidc.eks.eu-central-1.amazonaws.com/id/DEMO \
    --assume-role-policy-document '{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "KubeflowProfilesac3d01f6",
      "Effect": "Allow",
      "Principal": {
        "Federated": "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/DEMO"
      },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "oidc.eks.eu-central-1.amazonaws.com/id/DEMO:aud": "sts.amazonaws.com",
          "oidc.eks.eu-central-1.amazonaws.com/id/DEMO:sub": [
            "system:serviceaccount:profiles-system:profiles-controller-service-account"
          ]
        }
      }
    }
  ]
}'
  aws iam wait role-exists --role-name profiles-controller-demo
else
  arn=$(aws iam get-role --role-name profiles-controller-demo --query Role.Arn --output text)
  [ "$arn" = arn:aws:iam::123456789012:role/profiles-controller-demo ] ||
    stop "There is a role of that name already: $arn."
  trust=$(aws iam get-role --role-name profiles-controller-demo --query Role.AssumeRolePolicyDocument --output json)
  case $trust in
  *'"system:serviceaccount:profiles-system:profiles-controller-service-account"'*) ;;
  *) stop 'The trust policy of arn:aws:iam::123456789012:role/profiles-controller-demo does not name system:serviceaccount:profiles-system:profiles-controller-service-account. Add it there, or use kubectl profile without --output.' ;;
  esac
  tag=$(aws iam get-role --role-name profiles-controller-demo --query 'Role.Tags[?Key=='\''kubeflow.org/profiles-controller'\''].Value' --output text)
  case $tag in
  oidc.eks.eu-central-1.amazonaws.com/id/DEMO) ;;
  '' | None) aws iam tag-role --role-name profiles-controller-demo --tags Key=kubeflow.org/profiles-controller,Value=oidc.eks.eu-central-1.amazonaws.com/id/DEMO ;;
  *) stop "arn:aws:iam::123456789012:role/profiles-controller-demo is not for this: its tag kubeflow.org/profiles-controller is $tag." ;;
  esac
fi

aws iam put-role-policy --role-name profiles-controller-demo --policy-name kubeflow-profile-roles --policy-document '{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "EditTrustPolicies",
      "Effect": "Allow",
      "Action": [
        "iam:GetRole",
        "iam:UpdateAssumeRolePolicy"
      ],
      "Resource": [
        "arn:aws:iam::123456789012:role/profiles/*"
      ]
    }
  ]
}'

# The controller gets the role. Its pods are restarted when the second of these changes something.
kubectl --context arn:aws:eks:eu-central-1:123456789012:cluster/demo annotate serviceaccount profiles-controller-service-account -n profiles-system --overwrite eks.amazonaws.com/role-arn=arn:aws:iam::123456789012:role/profiles-controller-demo
kubectl --context arn:aws:eks:eu-central-1:123456789012:cluster/demo patch deployment profiles-deployment -n profiles-system --type merge -p '{"spec":{"template":{"metadata":{"annotations":{"kubeflow.org/aws-role-arn":"arn:aws:iam::123456789012:role/profiles-controller-demo"}}}}}'
