#!/bin/sh
# Can be run again: what is there is not made a second time.
set -eu

aws iam get-role --role-name vision >/dev/null 2>&1 ||
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

aws iam put-role-policy --role-name vision --policy-name kubeflow-s3 --policy-document '{
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

aws iam attach-role-policy --role-name vision --policy-arn arn:aws:iam::aws:policy/AmazonSageMakerReadOnly
