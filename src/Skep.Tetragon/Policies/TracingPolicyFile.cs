using System.Text;
using Skep.Engine.Rules;
using Skep.Yaml;

namespace Skep.Tetragon.Policies;

/// <summary>
/// A file of TracingPolicies. Everything of Tetragon's grammar is read; beyond it there are the operators <c>Regex</c>, <c>NotRegex</c>,
/// <c>Glob</c> and <c>NotGlob</c> for texts and executables, several sections of hooks in one policy, no limits on numbers of selectors, values
/// and arguments, and <c>matchAny</c> in a selector: a list of groups of conditions, one of which has to hold.
/// </summary>
public static class TracingPolicyFile
{
    /// <summary>Largest file in bytes.</summary>
    public const int LargestFile = 8 * 1024 * 1024;

    static readonly UTF8Encoding _utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file. One that cannot be read ends in a diagnostic, too.</summary>
    /// <param name="path">Its path, which messages show.</param>
    /// <param name="options">The machine that the policies are for; by default this one.</param>
    public static TracingPolicies Load(string path, TranslationOptions? options = null) => ReadText(path, out var text) ?? Parse(text, path, options);

    /// <summary>Reads a file's text, once: a pipe gives it no second time.</summary>
    /// <param name="path">Its path, which messages show.</param>
    /// <param name="text">The text; empty when it cannot be read.</param>
    /// <returns>What is wrong with the file; null when it was read.</returns>
    public static TracingPolicies? ReadText(string path, out string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        text = "";
        byte[] bytes;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            // A pipe or a device tells no length, or a wrong one.
            using var content = new MemoryStream();
            var buffer = new byte[64 * 1024];
            for (int count; (count = file.Read(buffer)) > 0 && content.Length <= LargestFile;) content.Write(buffer, 0, count);
            if (content.Length > LargestFile) return Failed(path, Position.Start, TooLarge);
            bytes = content.ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Failed(path, Position.Start, $"cannot be read: {e.Message}");
        }
        try
        {
            text = _utf8.GetString(bytes);
            return null;
        }
        catch (DecoderFallbackException e)
        {
            var before = bytes.AsSpan(0, Math.Clamp(e.Index, 0, bytes.Length));
            return Failed(path, new(before.Count((byte)'\n') + 1, before.Length - before.LastIndexOf((byte)'\n')), "not UTF-8");
        }
    }

    /// <summary>Reads a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="fileName">What messages call it.</param>
    /// <param name="options">The machine that the policies are for; by default this one.</param>
    public static TracingPolicies Parse(string text, string fileName, TranslationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(fileName);
        if (text.Length > LargestFile) return Failed(fileName, Position.Start, TooLarge);
        var bag = new DiagnosticBag(fileName);
        var reader = new PolicyReader(bag);
        var translator = new PolicyTranslator(options ?? new(), bag);
        var policies = new List<Policy>();
        var names = new HashSet<(string, string)>();
        try
        {
            foreach (var document in reader.Read(text.TrimStart('\uFEFF')))
            {
                var policy = translator.Translate(document);
                if (policy is null) continue;
                if (!names.Add((policy.Namespace, policy.Name))) bag.Error(document.Name.At, $"name: a policy {Spelling.Quote(policy.Name)} is here already");
                policies.Add(policy);
            }
        }
        catch (ReadingStoppedException)
        {
            return new([], bag.Items);
        }
        return new(bag.Errors == 0 ? policies : [], bag.Items);
    }

    static string TooLarge => $"larger than {LargestFile / 1024 / 1024} MB";

    static TracingPolicies Failed(string file, Position at, string message)
    {
        var bag = new DiagnosticBag(file);
        bag.Error(at, message);
        return new([], bag.Items);
    }
}
