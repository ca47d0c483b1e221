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

# The role, unless it is there and known to be for this.
if missing aws iam get-role --role-name vision; then
  aws iam create-role --role-name vision --path /profiles/ --description 'Kubeflow Profile vision of cluster demo' \
    --tags Key=kubeflow.org/profile,Value=vision \
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
            "system:serviceaccount:vision:default-editor"
          ]
        }
      }
    }
  ]
}'
  aws iam wait role-exists --role-name vision
else
  arn=$(aws iam get-role --role-name vision --query Role.Arn --output text)
  [ "$arn" = arn:aws:iam::123456789012:role/profiles/vision ] ||
    stop "There is a role of that name already: $arn."
  trust=$(aws iam get-role --role-name vision --query Role.AssumeRolePolicyDocument --output json)
  case $trust in
  *'"system:serviceaccount:vision:default-editor"'*) ;;
  *) stop 'The trust policy of arn:aws:iam::123456789012:role/profiles/vision does not name system:serviceaccount:vision:default-editor. Add it there, or use kubectl profile without --output.' ;;
  esac
  tag=$(aws iam get-role --role-name vision --query 'Role.Tags[?Key=='\''kubeflow.org/profile'\''].Value' --output text)
  case $tag in
  vision | '*') ;;
  '' | None) aws iam tag-role --role-name vision --tags Key=kubeflow.org/profile,Value=vision ;;
  *) stop "arn:aws:iam::123456789012:role/profiles/vision is not for this: its tag kubeflow.org/profile is $tag." ;;
  esac
fi

if missing aws iam get-role-policy --role-name vision --policy-name kubeflow-s3-ml-data_vision; then
  aws iam put-role-policy --role-name vision --policy-name kubeflow-s3-ml-data_vision --policy-document '{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "List",
      "Effect": "Allow",
      "Action": [
        "s3:ListBucket",
        "s3:ListBucketMultipartUploads"
      ],
      "Resource": [
        "arn:aws:s3:::ml-data"
      ],
      "Condition": {
        "StringLike": {
          "s3:prefix": [
            "vision/*"
          ]
        }
      }
    },
    {
      "Sid": "Locate",
      "Effect": "Allow",
      "Action": [
        "s3:GetBucketLocation"
      ],
      "Resource": [
        "arn:aws:s3:::ml-data"
      ]
    },
    {
      "Sid": "Objects",
      "Effect": "Allow",
      "Action": [
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts"
      ],
      "Resource": [
        "arn:aws:s3:::ml-data/vision/*"
      ]
    }
  ]
}'
fi

aws iam attach-role-policy --role-name vision --policy-arn arn:aws:iam::aws:policy/AmazonSageMakerReadOnly
