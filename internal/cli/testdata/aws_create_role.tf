resource "aws_iam_role" "vision" {
  name        = "vision"
  path        = "/profiles/"
  description = "Kubeflow Profile vision of cluster demo"

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
              "system:serviceaccount:vision:default-editor"
            ]
          }
        }
      }
    ]
  })

  tags = {
    "kubeflow.org/profile" = "vision"
  }

  # The controller lets the Profile's accounts in and out.
  lifecycle {
    ignore_changes = [assume_role_policy]
  }
}

resource "aws_iam_role_policy" "vision_kubeflow_s3_ml_data_vision" {
  name = "kubeflow-s3-ml-data_vision"
  role = aws_iam_role.vision.name
  policy = jsonencode({
    "Version" : "2012-10-17",
    "Statement" : [
      {
        "Sid" : "List",
        "Effect" : "Allow",
        "Action" : [
          "s3:ListBucket",
          "s3:ListBucketMultipartUploads"
        ],
        "Resource" : [
          "arn:aws:s3:::ml-data"
        ],
        "Condition" : {
          "StringLike" : {
            "s3:prefix" : [
              "vision/*"
            ]
          }
        }
      },
      {
        "Sid" : "Locate",
        "Effect" : "Allow",
        "Action" : [
          "s3:GetBucketLocation"
        ],
        "Resource" : [
          "arn:aws:s3:::ml-data"
        ]
      },
      {
        "Sid" : "Objects",
        "Effect" : "Allow",
        "Action" : [
          "s3:GetObject",
          "s3:PutObject",
          "s3:DeleteObject",
          "s3:AbortMultipartUpload",
          "s3:ListMultipartUploadParts"
        ],
        "Resource" : [
          "arn:aws:s3:::ml-data/vision/*"
        ]
      }
    ]
  })
}

resource "aws_iam_role_policy_attachment" "vision_amazonsagemakerreadonly" {
  role       = aws_iam_role.vision.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSageMakerReadOnly"
}
