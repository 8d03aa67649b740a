namespace Skep.Agent.Api;

/// <summary>An event in its wire form: what was encoded once goes to every client as it is.</summary>
sealed class EncodedEvent
{
    public ReadOnlyMemory<byte> Bytes { get; set; }
}
