using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace Skep.Agent.Api;

/// <summary>Names a service's methods to the server one by one, without reflection.</summary>
sealed class ServiceMethods<[DynamicallyAccessedMembers(
    DynamicallyAccessedMemberTypes.PublicConstructors | DynamicallyAccessedMemberTypes.PublicMethods | DynamicallyAccessedMemberTypes.NonPublicMethods)] TService>(ServiceMethodProviderContext<TService> context, string service) where TService : class
{
    static readonly List<object> s_metadata = [];

    public void Unary<TRequest, TResponse>(string name, MessageParser<TRequest> parser, UnaryServerMethod<TService, TRequest, TResponse> method)
        where TRequest : class, IMessage<TRequest> where TResponse : class, IMessage<TResponse> =>
        context.AddUnaryMethod(new Method<TRequest, TResponse>(MethodType.Unary, service, name, Read(parser), Messages<TResponse>()), s_metadata, method);

    public void Stream<TRequest>(string name, MessageParser<TRequest> parser, ServerStreamingServerMethod<TService, TRequest, EncodedEvent> method) where TRequest : class, IMessage<TRequest> =>
        context.AddServerStreamingMethod(new Method<TRequest, EncodedEvent>(MethodType.ServerStreaming, service, name, Read(parser), s_encoded), s_metadata, method);

    static readonly Marshaller<EncodedEvent> s_encoded = new(
        (encoded, serialization) =>
        {
            serialization.SetPayloadLength(encoded.Bytes.Length);
            var writer = serialization.GetBufferWriter();
            encoded.Bytes.Span.CopyTo(writer.GetSpan(encoded.Bytes.Length));
            writer.Advance(encoded.Bytes.Length);
            serialization.Complete();
        },
        _ => throw new NotSupportedException("events are sent, not received"));

    static Marshaller<TRequest> Read<TRequest>(MessageParser<TRequest> parser) where TRequest : class, IMessage<TRequest> =>
        new((_, _) => throw new NotSupportedException("requests are received, not sent"), deserialization =>
        {
            try
            {
                return parser.ParseFrom(deserialization.PayloadAsReadOnlySequence());
            }
            catch (InvalidProtocolBufferException error)
            {
                throw new RpcException(new Status(StatusCode.InvalidArgument, $"the request cannot be read: {error.Message}"));
            }
        });

    static Marshaller<TResponse> Messages<TResponse>() where TResponse : class, IMessage<TResponse> =>
        new((message, serialization) =>
        {
            serialization.SetPayloadLength(message.CalculateSize());
            message.WriteTo(serialization.GetBufferWriter());
            serialization.Complete();
        }, _ => throw new NotSupportedException("responses are sent, not received"));
}
