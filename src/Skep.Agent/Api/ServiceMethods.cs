using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace Skep.Agent.Api;

/// <summary>Names a service's methods to the server one by one, without reflection.</summary>
sealed class ServiceMethods<[DynamicallyAccessedMembers(
    DynamicallyAccessedMemberTypes.PublicConstructors | DynamicallyAccessedMemberTypes.PublicMethods | DynamicallyAccessedMemberTypes.NonPublicMethods)] TService>(
    ServiceMethodProviderContext<TService> context, string service, ApiErrors errors) where TService : class
{
    static readonly List<object> s_metadata = [];

    public void Unary<TRequest, TResponse>(string name, MessageParser<TRequest> parser, Func<TService, TRequest, ServerCallContext, Task<TResponse>> method)
        where TRequest : class, IMessage<TRequest> where TResponse : class, IMessage<TResponse> =>
        context.AddUnaryMethod(new Method<TRequest, TResponse>(MethodType.Unary, service, name, Read(parser), Messages<TResponse>()), s_metadata, async (instance, request, call) =>
        {
            try
            {
                return await method(instance, request, call);
            }
            catch (Exception error)
            {
                throw errors.Explain(name, error, call.CancellationToken);
            }
        });

    public void Stream<TRequest>(string name, MessageParser<TRequest> parser, Func<TService, TRequest, IServerStreamWriter<EncodedEvent>, ServerCallContext, Task> method) where TRequest : class, IMessage<TRequest> =>
        context.AddServerStreamingMethod(new Method<TRequest, EncodedEvent>(MethodType.ServerStreaming, service, name, Read(parser), s_encoded), s_metadata, async (instance, request, stream, call) =>
        {
            try
            {
                await method(instance, request, stream, call);
            }
            catch (Exception error)
            {
                throw errors.Explain(name, error, call.CancellationToken);
            }
        });

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

    Marshaller<TRequest> Read<TRequest>(MessageParser<TRequest> parser) where TRequest : class, IMessage<TRequest> =>
        new((_, _) => throw new NotSupportedException("requests are received, not sent"), deserialization =>
        {
            try
            {
                return parser.ParseFrom(deserialization.PayloadAsReadOnlySequence());
            }
            catch (InvalidProtocolBufferException error)
            {
                throw errors.Unreadable(error);
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
