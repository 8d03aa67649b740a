using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Shouldly;
using Skep.Tetragon.Export;
using Xunit;

namespace Skep.Tetragon.Tests.Export;

public class JsonLineWriterTests
{
    [Fact]
    public void Text_of_any_bytes_reads_back_as_its_repaired_UTF8()
    {
        var random = new Random(11);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(0, 80)];
            // Mostly text, with what hurts in between.
            for (var k = 0; k < bytes.Length; k++) bytes[k] = random.Next(4) switch { 0 => (byte)random.Next(256), 1 => "\"\\\n\u007f\u001f"u8[random.Next(5)], _ => (byte)random.Next(32, 127) };
            RoundTrip(bytes);
        }
    }

    [Fact]
    public void Text_of_any_string_reads_back()
    {
        var random = new Random(12);
        for (var i = 0; i < 5000; i++)
        {
            // Every kind of character, halves of surrogate pairs too.
            var text = string.Create(random.Next(0, 40), random, (place, source) =>
            {
                foreach (ref var character in place) character = (char)(source.Next(3) switch { 0 => source.Next(0x80), 1 => source.Next(0x10000), _ => source.Next(0xd700, 0xe100) });
            });
            var json = new JsonLineWriter(16);
            json.Text(text);
            JsonNode.Parse(json.Written)!.GetValue<string>().ShouldBe(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)));
        }
    }

    [Theory]
    [InlineData("1.2.3.4")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("1::")]
    [InlineData("2001:db8::ff:0:0:1")]
    [InlineData("1:0:2:3:4:5:6:7")]
    [InlineData("1:0:0:2::3")]
    [InlineData("1:2:3:4:5:6:7:8")]
    public void Addresses_print_in_their_usual_form(string text) => AddressOf(IPAddress.Parse(text)).ShouldBe(text);

    [Fact]
    public void Addresses_print_as_the_runtime_prints_them()
    {
        var random = new Random(5);
        for (var i = 0; i < 5000; i++)
        {
            var bytes = new byte[16];
            for (var k = 0; k < 16; k += 2) if (random.Next(2) == 0) (bytes[k], bytes[k + 1]) = ((byte)random.Next(256), (byte)random.Next(256));
            bytes[0] = 0x20; // neither mapped nor compatible with IPv4, which the runtime prints in another way
            var address = new IPAddress(bytes);
            AddressOf(address).ShouldBe(address.ToString());
        }
    }

    [Fact]
    public void Mapped_IPv4_address_prints_as_IPv4() => AddressOf(IPAddress.Parse("::ffff:1.2.3.4")).ShouldBe("1.2.3.4");

    [Theory]
    [InlineData(0, "1970-01-01T00:00:00Z")]
    [InlineData(1_000_000_000, "1970-01-01T00:00:01Z")]
    [InlineData(1_500_000_000, "1970-01-01T00:00:01.500Z")]
    [InlineData(1_000_001_000, "1970-01-01T00:00:01.000001Z")]
    [InlineData(1_000_000_010, "1970-01-01T00:00:01.000000010Z")]
    [InlineData(1_666_062_978_273_546_829, "2022-10-18T03:16:18.273546829Z")]
    public void Times_print_with_0_3_6_or_9_digits(long nanoseconds, string expected)
    {
        var json = new JsonLineWriter();
        json.Time(nanoseconds);
        Encoding.UTF8.GetString(json.Written).ShouldBe($"\"{expected}\"");
    }

    static string AddressOf(IPAddress address)
    {
        var json = new JsonLineWriter();
        json.Address(address.GetAddressBytes());
        return Encoding.UTF8.GetString(json.Written).Trim('"');
    }

    static void RoundTrip(byte[] bytes)
    {
        var json = new JsonLineWriter(16);
        json.Text(bytes);
        JsonNode.Parse(json.Written)!.GetValue<string>().ShouldBe(Encoding.UTF8.GetString(bytes));
    }
}
