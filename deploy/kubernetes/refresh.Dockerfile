# gcloud, kubectl and redlatch. To be built at the root of the repository:
#
#   docker build -f deploy/kubernetes/refresh.Dockerfile -t registry.example.com/redis-ca-refresh:1.0.0 .
FROM rust:1.88-slim-bookworm AS build
RUN apt-get update && apt-get install --no-install-recommends -y build-essential cmake
COPY . /redlatch
RUN cargo install --locked --path /redlatch/bindings/cli --root /usr/local

FROM gcr.io/google.com/cloudsdktool/google-cloud-cli:stable
RUN command -v kubectl >/dev/null || { apt-get update && apt-get install --no-install-recommends -y kubectl; }
COPY --from=build /usr/local/bin/redlatch /usr/local/bin/
USER 10001:10001
