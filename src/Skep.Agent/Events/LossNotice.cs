using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Skep.Tetragon.Api;
using Skep.Tetragon.Export;

namespace Skep.Agent.Events;

/// <summary>Tells a listener how many events it did not get, as Tetragon does.</summary>
static class LossNotice
{
    static readonly JsonFormatter s_json = new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true));

    /// <summary>For the API.</summary>
    public static byte[] Encoded(string nodeName, long lost) => Of(nodeName, lost).ToByteArray();

    /// <summary>For people.</summary>
    public static byte[] Compact(CompactOptions options, long lost)
    {
        var writer = new CompactMessageWriter(options);
        writer.Write(Of("", lost));
        return writer.Written.ToArray();
    }

    /// <summary>For a file.</summary>
    public static byte[] Line(string nodeName, long lost) => Encoding.UTF8.GetBytes(s_json.Format(Of(nodeName, lost)) + "\n");

    static GetEventsResponse Of(string nodeName, long lost) => new()
    {
        RateLimitInfo = new RateLimitInfo { NumberOfDroppedProcessEvents = (ulong)lost },
        NodeName = nodeName,
        Time = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow),
    };
}
