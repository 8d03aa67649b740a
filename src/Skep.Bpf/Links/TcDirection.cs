namespace Skep.Bpf;

/// <summary>The way of a packet as an interface sees it.</summary>
public enum TcDirection
{
    /// <summary>Received by the interface.</summary>
    Ingress,
    /// <summary>Sent by the interface.</summary>
    Egress,
}
