using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Skep.Cli.Bpf;
using Skep.Cli.Client;
using Skep.Cli.Doctor;
using Skep.Cli.Uninstall;

namespace Skep.Cli.Output;

/// <summary>JSON of all listings; compiled, so that nothing is lost when the binary is trimmed.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(List<ProgramRow>))]
[JsonSerializable(typeof(List<MapRow>))]
[JsonSerializable(typeof(List<LinkRow>))]
[JsonSerializable(typeof(List<BtfRow>))]
[JsonSerializable(typeof(ProgramRow))]
[JsonSerializable(typeof(MapRow))]
[JsonSerializable(typeof(LinkRow))]
[JsonSerializable(typeof(BtfRow))]
[JsonSerializable(typeof(List<CodeLine>))]
[JsonSerializable(typeof(List<MachineCode>))]
[JsonSerializable(typeof(DoctorReport))]
[JsonSerializable(typeof(List<PolicyRow>))]
[JsonSerializable(typeof(StatusReport))]
[JsonSerializable(typeof(List<TreeRow>))]
[JsonSerializable(typeof(StatisticsReport))]
[JsonSerializable(typeof(UninstallReport))]
sealed partial class Json : JsonSerializerContext
{
    /// <summary>Options of hand-written JSON: text stays readable, it never goes into HTML.</summary>
    public static JsonWriterOptions Indented { get; } = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>As <see cref="Indented"/>, on one line.</summary>
    public static JsonWriterOptions Compact { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>As all listings, on one line.</summary>
    public static Json Lines => field ??= new Json(new JsonSerializerOptions(Default.Options) { WriteIndented = false });

    public static void Print<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) => Console.Out.WriteLine(JsonSerializer.Serialize(value, type));
}
