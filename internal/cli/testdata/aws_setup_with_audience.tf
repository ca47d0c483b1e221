# It does not take the audience sts.amazonaws.com yet:
#   aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/DEMO --client-id sts.amazonaws.com
data "aws_iam_openid_connect_provider" "profiles_controller_demo" {
  url = "https://oidc.eks.eu-central-1.amazonaws.com/id/DEMO"
}

resource "aws_iam_role" "profiles_controller_demo" {
  name        = "profiles-controller-demo"
  path        = "/"
  description = "Edits the trust policies of the roles of Kubeflow Profiles"

  assume_role_policy = jsonencode({
    "Version" : "2012-10-17",
    "Statement" : [
      {
        "Sid" : "KubeflowProfilesac3d01f6",
        "Effect" : "Allow",
        "Principal" : {
          "Federated" : "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/DEMO"
        },
        "Action" : "sts:AssumeRoleWithWebIdentity",
        "Condition" : {
          "StringEquals" : {
            "oidc.eks.eu-central-1.amazonaws.com/id/DEMO:aud" : "sts.amazonaws.com",
            "oidc.eks.eu-central-1.amazonaws.com/id/DEMO:sub" : [
              "system:serviceaccount:profiles-system:profiles-controller-service-account"
            ]
          }
        }
      }
    ]
  })

  tags = {
    "kubeflow.org/profiles-controller" = "oidc.eks.eu-central-1.amazonaws.com/id/DEMO"
  }
}

resource "aws_iam_role_policy" "profiles_controller_demo_kubeflow_profile_roles" {
  name = "kubeflow-profile-roles"
  role = aws_iam_role.profiles_controller_demo.name
  policy = jsonencode({
    "Version" : "2012-10-17",
    "Statement" : [
      {
        "Sid" : "EditTrustPolicies",
        "Effect" : "Allow",
        "Action" : [
          "iam:GetRole",
          "iam:UpdateAssumeRolePolicy"
        ],
        "Resource" : [
          "arn:aws:iam::123456789012:role/profiles/*"
        ]
      }
    ]
  })
}

# Afterwards. The pods are restarted when the second of these changes something.
#   kubectl --context arn:aws:eks:eu-central-1:123456789012:cluster/demo annotate serviceaccount profiles-controller-service-account -n profiles-system --overwrite eks.amazonaws.com/role-arn=arn:aws:iam::123456789012:role/profiles-controller-demo
#   kubectl --context arn:aws:eks:eu-central-1:123456789012:cluster/demo patch deployment profiles-deployment -n profiles-system --type merge -p '{"spec":{"template":{"metadata":{"annotations":{"kubeflow.org/aws-role-arn":"arn:aws:iam::123456789012:role/profiles-controller-demo"}}}}}'
