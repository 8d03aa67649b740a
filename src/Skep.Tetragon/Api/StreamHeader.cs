namespace Skep.Tetragon.Api;

/// <summary>What Skep's answer to <c>GetEvents</c> begins with, before any event: a refusal, which comes as headers too, does not have it.</summary>
public static class StreamHeader
{
    /// <summary>Name of the header.</summary>
    public const string Name = "skep-stream";

    /// <summary>Its value.</summary>
    public const string Served = "served";
}
