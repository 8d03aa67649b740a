using Skep.Engine.Rules;

namespace Skep.Tetragon.Export;

/// <summary>How a captured value is printed.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Role">Where it goes.</param>
/// <param name="Label">Name for people; empty for none.</param>
/// <param name="Size">Place among the hook's values of the number that says how long a buffer was in full; -1 when there is none.</param>
public sealed record ExportValue(ValueKind Kind, ExportRole Role = ExportRole.Argument, string Label = "", int Size = -1)
{
    /// <summary>What follows the value: its label and the closing brace.</summary>
    internal byte[] Ending { get; } = Close(Label);

    static byte[] Close(string label)
    {
        if (label.Length == 0) return [(byte)'}'];
        var json = new JsonLineWriter();
        json.Raw(",\"label\":"u8);
        json.Text(label);
        json.Raw((byte)'}');
        return json.Written.ToArray();
    }
}
