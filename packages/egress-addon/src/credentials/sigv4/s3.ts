/** Whether a service signs as S3 does. */
export function isS3(service: string): boolean {
  return /^s3(?:-|express$|$)/.test(service);
}
