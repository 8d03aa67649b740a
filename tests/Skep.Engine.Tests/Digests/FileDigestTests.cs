using Shouldly;
using Skep.Engine.Digests;
using Xunit;

namespace Skep.Engine.Tests.Digests;

public class FileDigestTests
{
    [Theory]
    [InlineData("sha1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d")]
    [InlineData("sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("sha384", "abc", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7")]
    [InlineData("sha512", "abc", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")]
    [InlineData("sha256", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("sha256", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    public void Digest_is_that_of_the_standard_whatever_pieces_a_text_comes_in(string algorithm, string text, string expected)
    {
        ArgumentNullException.ThrowIfNull(text);
        var hash = FileDigest.Create(algorithm);
        foreach (var letter in text) hash.Append([(byte)letter]);
        Convert.ToHexStringLower(hash.Finish()).ShouldBe(expected);
    }
}
