// Preloaded into servers that listen on every interface: they listen on loopback alone, and say on which port.
import net from 'node:net';

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, ...rest) {
  this.once('listening', () => process.stderr.write(`loopback port ${this.address().port}\n`));
  return listen.call(this, { host: '127.0.0.1', port: Number(port) }, ...rest.filter(argument => typeof argument === 'function'));
};
