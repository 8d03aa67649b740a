namespace Skep.Falco.Conditions;

/// <summary>The transformers' names.</summary>
static class Transformers
{
    public static readonly (string Word, Transformer Transformer)[] All =
    [
        ("tolower", Transformer.ToLower), ("toupper", Transformer.ToUpper), ("b64", Transformer.Base64), ("basename", Transformer.BaseName),
        ("len", Transformer.Length), ("join", Transformer.Join), ("concat", Transformer.Concat), ("getopt", Transformer.GetOption), ("val", Transformer.Value),
    ];

    public static string NameOf(Transformer transformer) => Array.Find(All, t => t.Transformer == transformer).Word;
}
