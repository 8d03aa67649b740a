using System.Globalization;
using Skep.Yaml;

namespace Skep.Falco.Loading;

/// <summary>Takes the values of one mapping, with Falco's complaints.</summary>
sealed class ItemReader(YamlMapping mapping, LoadContext context)
{
    public LoadContext Context { get; private set; } = context;

    public YamlMapping Mapping => mapping;

    /// <summary>Names what is being read, now that the name is known.</summary>
    public void Enter(LoadContext outer, string type, string name) => Context = outer.Inside(type, name, mapping);

    public bool Has(string key) => Node(key) is not null;

    public YamlNode? Node(string key)
    {
        foreach (var entry in mapping.Entries)
        {
            if (entry.Key.Text == key) return entry.Value;
        }
        return null;
    }

    public YamlNode Required(string key)
    {
        var node = Node(key) ?? throw Error(FalcoCode.YamlValidate, $"Item has no mapping for key '{key}'");
        if (node is YamlScalar { IsNull: true }) throw Error(FalcoCode.YamlValidate, $"Mapping for key '{key}' is empty");
        return node;
    }

    public YamlScalar Scalar(string key)
    {
        var node = Required(key);
        if (node is not YamlScalar scalar) throw Error(key, node, "Value is not a scalar value");
        if (scalar.Text.Trim().Length == 0) throw Error(key, node, "Value must be non-empty");
        return scalar;
    }

    public string Text(string key) => Scalar(key).Text;

    /// <summary>Null when there is nothing under the key.</summary>
    public string? OptionalText(string key) => Node(key) is null or YamlScalar { IsNull: true } ? null : Text(key);

    public bool? OptionalFlag(string key)
    {
        if (!Has(key)) return null;
        var scalar = Scalar(key);
        return BooleanOf(scalar.Text) ?? throw Error(key, scalar, "Can't decode YAML scalar value");
    }

    public long? OptionalNumber(string key)
    {
        if (!Has(key)) return null;
        var scalar = Scalar(key);
        return long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= 0 ? number : throw Error(key, scalar, "Can't decode YAML scalar value");
    }

    public YamlSequence Sequence(string key)
    {
        var node = Required(key);
        return node as YamlSequence ?? throw Error(key, node, "Value is not a sequence");
    }

    /// <summary>Scalars as they are written inside their quotes; null where there is no such key.</summary>
    public List<string>? OptionalTexts(string key) => Node(key) is null or YamlScalar { IsNull: true } ? null : Texts(key);

    public List<string> Texts(string key)
    {
        var texts = new List<string>();
        foreach (var item in Sequence(key).Items)
        {
            if (item is not YamlScalar scalar) throw Error(key, item, "sequence value is not scalar");
            texts.Add(scalar.Text);
        }
        return texts;
    }

    public LoadException Error(FalcoCode code, string message) => new(Context, code, message);

    public LoadException Error(string key, YamlNode node, string message) => new(Context.Inside("value for", key, node), FalcoCode.YamlValidate, message);

    public static bool? BooleanOf(string text) => text switch
    {
        "y" or "Y" or "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON" => true,
        "n" or "N" or "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF" => false,
        _ => null,
    };
}
