// The names that CloudFormation and each service give to the resources of the stack.
import { createHash } from 'node:crypto';
import type { Physical, Place } from './resolve.ts';
import type { Json, Resource } from './template.ts';

/** `queueUrl`: where the local SQS answers; AWS's own would lead a client out of this machine. */
export function physicalsOf(
  place: Place,
  queueUrl: (name: string) => string,
): (resource: Resource) => Physical {
  const arn = (service: string, rest: string): string =>
    `arn:${place.partition}:${service}:${place.region}:${place.account}:${rest}`;

  const named = (resource: Resource, key: string, max: number): string => {
    const given: Json | undefined = resource.properties[key];
    if (typeof given === 'string') return given;
    return `${place.stackName.slice(0, 20)}-${resource.logicalId.slice(0, max - 31)}-REHEARSAL`;
  };

  return (resource) => {
    const { type, logicalId, properties } = resource;
    switch (type) {
      case 'AWS::Lambda::Function': {
        const name = named(resource, 'FunctionName', 64);
        return { ref: name, attributes: { Arn: arn('lambda', `function:${name}`) } };
      }
      case 'AWS::SQS::Queue': {
        const name = `${named(resource, 'QueueName', 75)}${properties.FifoQueue === true ? '.fifo' : ''}`;
        const url = queueUrl(name);
        return { ref: url, attributes: { Arn: arn('sqs', name), QueueName: name, QueueUrl: url } };
      }
      case 'AWS::S3::Bucket': {
        const name = named(resource, 'BucketName', 63).toLowerCase();
        return { ref: name, attributes: { Arn: `arn:${place.partition}:s3:::${name}` } };
      }
      case 'AWS::SNS::Topic': {
        const name = named(resource, 'TopicName', 256);
        return { ref: arn('sns', name), attributes: { TopicArn: arn('sns', name), TopicName: name } };
      }
      case 'AWS::SSM::Document':
        return { ref: named(resource, 'Name', 128), attributes: {} };
      case 'AWS::SSM::Association': {
        const id = uuidOf(`${place.stackName}/${logicalId}`);
        return { ref: id, attributes: { AssociationId: id } };
      }
      case 'AWS::IAM::ManagedPolicy': {
        const path = typeof properties.Path === 'string' ? properties.Path : '/';
        const name = named(resource, 'ManagedPolicyName', 128);
        const id = `arn:${place.partition}:iam::${place.account}:policy${path}${name}`;
        return { ref: id, attributes: { PolicyArn: id } };
      }
      case 'AWS::IAM::Role': {
        const name = named(resource, 'RoleName', 64);
        const path = typeof properties.Path === 'string' ? properties.Path : '/';
        return {
          ref: name,
          attributes: { Arn: `arn:${place.partition}:iam::${place.account}:role${path}${name}` },
        };
      }
      case 'AWS::Events::Rule': {
        const name = named(resource, 'Name', 64);
        return { ref: name, attributes: { Arn: arn('events', `rule/${name}`) } };
      }
      case 'AWS::Logs::LogGroup': {
        const name = named(resource, 'LogGroupName', 128);
        return { ref: name, attributes: { Arn: arn('logs', `log-group:${name}:*`) } };
      }
      default:
        return { ref: `${place.stackName}-${logicalId}-REHEARSAL`, attributes: {} };
    }
  };
}

/** The same for the same stack and resource. */
function uuidOf(text: string): string {
  const digits = createHash('sha256').update(text).digest('hex');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}
