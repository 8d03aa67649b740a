using System.Net;
using System.Text;
using Shouldly;
using Skep.Falco.Evaluation;
using Skep.Falco.Fields;

namespace Skep.Falco.Tests.Evaluation;

/// <summary>An event with the values that a test gives it.</summary>
sealed class TestEvent : IFalcoEvent
{
    readonly Dictionary<string, (byte[] Bytes, ulong Bits)[]> _values = new(StringComparer.Ordinal);

    public TestEvent(string type)
    {
        EventCatalogue.TryGet(type, out var found).ShouldBeTrue();
        EventType = found!.Index;
        this["evt.type"] = type;
    }

    public int EventType { get; }

    /// <summary>Of a text or a number; an array is several values.</summary>
    public object this[string field]
    {
        set => _values[field] = value is object[] several ? [.. several.Select(Pack)] : [Pack(value)];
    }

    public bool TryRead(FieldReference field, int position, out FieldValue value)
    {
        value = default;
        if (!_values.TryGetValue(field.ToString(), out var values) || position >= values.Length) return false;
        value = field.Type switch
        {
            FieldType.Text or FieldType.Bytes or FieldType.Address or FieldType.Network => FieldValue.Of(values[position].Bytes),
            _ => FieldValue.Of(values[position].Bits),
        };
        return true;
    }

    static (byte[], ulong) Pack(object value) => value switch
    {
        string text => (Encoding.UTF8.GetBytes(text), 0),
        byte[] bytes => (bytes, 0),
        bool flag => ([], flag ? 1UL : 0),
        double fraction => ([], BitConverter.DoubleToUInt64Bits(fraction)),
        IPAddress address => (address.GetAddressBytes(), 0),
        _ => ([], (ulong)Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture)),
    };
}
