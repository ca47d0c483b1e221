#!/bin/sh
# Can be run again: what is there is not made a second time.
set -eu

aws iam get-open-id-connect-provider --open-id-connect-provider-arn arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/DEMO >/dev/null 2>&1 ||
aws iam create-open-id-connect-provider --url https://oidc.eks.eu-central-1.amazonaws.com/id/DEMO --client-id-list sts.amazonaws.com

aws iam get-role --role-name profiles-controller-demo >/dev/null 2>&1 ||
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

kubectl annotate serviceaccount profiles-controller-service-account -n profiles-system --overwrite eks.amazonaws.com/role-arn=arn:aws:iam::123456789012:role/profiles-controller-demo
kubectl rollout restart deployment profiles-deployment -n profiles-system
